/**
 * `npm run bench`: figures as one table and as JSON. `--only=units,…`, `--json`, `--out FILE`;
 * of the outage `--deliveries=100000`, `--per-second=100`.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Bundle, bundle } from '../scripts/bundle.ts';
import { bundlesSection } from './bundles.ts';
import { coldSection } from './cold/section.ts';
import { callsSection } from './local/calls.ts';
import { isolationSection } from './local/isolation.ts';
import { killSection } from './local/kill.ts';
import { purgeSection } from './local/purge.ts';
import { ratesSection } from './local/rates.ts';
import type { Plan } from './outage/drill.ts';
import { outageSection } from './outage/section.ts';
import { asTable, type Section } from './report.ts';
import { makeScratch, type Scratch } from './scratch.ts';
import { unitsSection } from './units/section.ts';

interface Bench {
  readonly scratch: Scratch;
  readonly dist: string;
  readonly bundles: readonly Bundle[];
  readonly plan: Plan;
}

const SECTIONS = {
  units: ({ scratch, dist }: Bench) => unitsSection(scratch, dist),
  bundles: ({ bundles }: Bench) => bundlesSection(bundles),
  cold: ({ scratch, bundles }: Bench) => coldSection(scratch, bundles),
  rates: ({ scratch }: Bench) => ratesSection(scratch),
  calls: ({ scratch }: Bench) => callsSection(scratch),
  isolation: ({ scratch }: Bench) => isolationSection(scratch),
  kill: ({ scratch }: Bench) => killSection(scratch),
  outage: ({ scratch, plan }: Bench) => outageSection(scratch, plan),
  purge: ({ scratch }: Bench) => purgeSection(scratch),
} as const;
type SectionName = keyof typeof SECTIONS;

/** The others take minutes. */
const DEFAULT: readonly SectionName[] = ['units', 'bundles', 'cold', 'rates'];

async function main(): Promise<void> {
  const { only, json, out, plan } = options();
  const scratch = await makeScratch();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void scratch.end().finally(() => process.exit(130)));
  }
  try {
    const dist = await scratch.folder('dist');
    const bench = { scratch, dist, bundles: await bundle(dist), plan };
    const sections: Section[] = [];
    for (const name of only) {
      process.stderr.write(`bench: ${name} …\n`);
      sections.push(await SECTIONS[name](bench));
    }
    const result = JSON.stringify({ node: process.version, sections }, null, 2);
    if (!json) process.stdout.write(`${asTable(sections)}\n\n`);
    process.stdout.write(`${result}\n`);
    if (out !== undefined) await writeFile(out, `${result}\n`);
  } finally {
    await scratch.end();
  }
}

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      json: { type: 'boolean' },
      out: { type: 'string' },
      deliveries: { type: 'string', default: '10000' },
      'per-second': { type: 'string', default: '100' },
    },
  });
  const asked = values.only?.split(',') ?? DEFAULT;
  const only = asked.map((name): SectionName => {
    if (Object.hasOwn(SECTIONS, name)) return name as SectionName;
    throw new Error(`--only=${name}: allowed are ${Object.keys(SECTIONS).join(', ')}`);
  });
  const plan = {
    deliveries: natural('deliveries', values.deliveries),
    perSecond: natural('per-second', values['per-second']),
  };
  return { only, json: values.json === true, out: values.out, plan };
}

function natural(name: string, given: string): number {
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new Error(`--${name}=${given}: allowed are whole numbers from 1 to 9999999`);
}

await main();
