import { faultText } from '../kernel/faults.ts';
import { RATES } from '../scenario/rates.ts';
import type { CrashCount } from './crash.ts';
import type { Shrunk } from './shrunk.ts';
import type { Tally } from './tally.ts';

/** What a whole call of the command was. */
export interface Outcome {
  readonly tally: Tally;
  readonly failed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly version: string;
}

const DAY_MS = 86_400_000;
const KINDS_WANTED = 6;

const number = (value: number) => value.toLocaleString('en');

export function outcomeText({ tally, failed, seconds, workers, version }: Outcome): string {
  const kinds = tally.kinds.toSorted((a, b) => a - b);
  const kindAt = (share: number) => kinds[Math.floor(share * (kinds.length - 1))] ?? 0;
  const enough = kinds.filter((count) => count >= KINDS_WANTED).length;
  const faults = Object.entries(tally.faults).toSorted(([, a], [, b]) => b - a);
  const total = faults.reduce((sum, [, count]) => sum + count, 0);
  const unmet = Object.keys(RATES).filter((kind) => tally.faults[kind] === undefined);
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', `${number(tally.seeds)}, ${failed} failed; stories ${version}`],
    ['virtual days', number(Math.round(tally.virtualMs / DAY_MS))],
    [
      'fault kinds',
      `${kindAt(0)} / ${kindAt(0.5)} / ${kindAt(1)} in a seed (least, median, most); ` +
        `${number(enough)} seeds met ${KINDS_WANTED} or more`,
    ],
    ['faults', `${number(total)}: ${faults.map(([k, n]) => `${k} ${number(n)}`).join(', ')}`],
    ...(unmet.length > 0 ? [['never met', unmet.join(', ')] as const] : []),
    ['events accepted', number(tally.events)],
    [
      'deliveries',
      `${number(tally.deliveries)}: ${number(tally.delivered)} delivered, ` +
        `${number(tally.failed)} failed, ${number(tally.cancelled)} cancelled`,
    ],
    ['requests', `${number(tally.requests)} read, ${number(tally.duplicates)} duplicates`],
    ['lost, stuck', `${tally.lost}, ${tally.stuck}`],
    [
      'work',
      `${number(tally.steps)} steps, ${number(tally.invocations)} invocations, ` +
        `${number(tally.commands)} commands to the tables`,
    ],
    [
      'speed',
      `${(tally.seeds / Math.max(seconds, 1)).toFixed(2)} seeds per second, ` +
        `${Math.round(seconds)} s on ${workers} processes`,
    ],
  ];
  return rows.map(([name, text]) => `${name.padEnd(16)} ${text}`).join('\n');
}

export interface Progress {
  readonly seeds: number;
  readonly of: number;
  readonly failed: number;
  readonly seconds: number;
  /** Since the beginning, when the last seed was done. */
  readonly seedSeconds: number;
}

export function progressText({ seeds, of, failed, seconds, seedSeconds }: Progress): string {
  const done = `simulate: ${number(seeds)} of ${number(of)} seeds, ${failed} failed`;
  if (seeds === 0) return `${done}, ${Math.round(seconds)} s`;
  if (seeds >= of) return `${done}, shrinking`;
  const perSecond = seeds / seedSeconds;
  const minutes = (of - seeds) / perSecond / 60;
  return `${done}, ${perSecond.toFixed(2)} per second, about ${minutes.toFixed(1)} min left`;
}

export function shrunkText(
  { seed, check, failure, faults, of, runs }: Shrunk,
  trace: readonly string[],
): string {
  return [
    `seed ${seed} fails: ${check}`,
    `  ${failure}`,
    `  ${faults.length} of ${of} faults are needed for it (${runs} runs):`,
    ...faults.map((fault) => `    ${faultText(fault)}`),
    '  around them, and at the end:',
    ...trace.map((line) => `    ${line}`),
  ].join('\n');
}

export function crashText(counts: readonly CrashCount[], seconds: number): string {
  const sum = (of: (count: CrashCount) => number) => counts.reduce((all, one) => all + of(one), 0);
  return [
    ...counts.map(
      ({ name, points, runs, failed }) =>
        `${name}: ${number(points)} points, ${number(runs)} runs, ${failed} failed`,
    ),
    ...counts.flatMap(({ name, failures }) => failures.map((told) => `\n${name}: ${told}`)),
    `${number(sum((one) => one.points))} crash points, ${number(sum((one) => one.runs))} runs, ` +
      `${sum((one) => one.failed)} failed, ${Math.round(seconds)} s`,
  ].join('\n');
}
