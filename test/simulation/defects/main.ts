import { parseArgs } from 'node:util';
import { DEFECTS, defectNamed } from './all.ts';
import type { Defect } from './defect.ts';
import type { Find, Hunted } from './hunt.ts';
import { found, hunted, type Innocence } from './hunter.ts';

/** `npm run defects`: who notices each of the planted defects, and after how much. */

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    workers: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '150' },
    kills: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '4' },
    random: { type: 'boolean', default: false },
  },
});

const bound = {
  seeds: Number(values.seeds),
  kills: Number(values.kills),
  mostMs: Number(values.minutes) * 60_000,
  isRandom: values.random,
};
const wanted = values.only?.map(defectNamed) ?? DEFECTS;
const TEXT_CHARS_MAX = 140;
const say = (text: string) => process.stdout.write(`${text}\n`);

/** True if all were found, and nothing without one. */
async function run(): Promise<boolean> {
  const innocence: Innocence = { guilty: await control(), innocent: new Set() };
  const queue = [...wanted];
  const missing: Defect[] = [];
  const worker = async () => {
    for (let defect = queue.shift(); defect !== undefined; defect = queue.shift()) {
      const hunt = await found(defect.name, bound, innocence);
      if (hunt.finds.length === 0) missing.push(defect);
      const told = hunt.finds[0] === undefined ? 'NOT FOUND' : textOf(hunt.finds[0]);
      say(`| ${defect.name} | ${told} | ${amountOf(hunt)} |`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, worker));
  for (const { name, guarantee } of missing) say(`NOT FOUND: ${name} (${guarantee})`);
  say(`${wanted.length - missing.length} of ${wanted.length} found`);
  return innocence.guilty.size === 0 && missing.length === 0;
}

/** What fails without a defect, which is nothing. */
async function control(): Promise<Set<string>> {
  const hunt = await hunted(undefined, { ...bound, without: [], isWhole: true });
  for (const find of hunt.finds) say(`WITHOUT A DEFECT: ${textOf(find)}`);
  say(`without a defect: ${hunt.finds.length} found; ${amountOf(hunt)}`);
  return new Set(hunt.finds.map(({ trial }) => trial));
}

function textOf({ trial, failure }: Find): string {
  const text = failure.replace(/\s+/g, ' ');
  return `${trial}: ${text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text}`;
}

function amountOf({ trials, seeds, seconds }: Hunted): string {
  return `${seeds} seeds of ${trials} runs, ${seconds} s`;
}

process.exitCode = (await run()) ? 0 : 1;
