/** `npm run bench`: figures as one table and as JSON. `--only=units,…`, `--json`, `--out FILE`. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Bundle, bundle } from '../scripts/bundle.ts';
import { bundlesSection } from './bundles.ts';
import { coldSection } from './cold/section.ts';
import { killSection } from './local/kill.ts';
import { purgeSection } from './local/purge.ts';
import { ratesSection } from './local/rates.ts';
import { asTable, type Section } from './report.ts';
import { makeScratch, type Scratch } from './scratch.ts';
import { unitsSection } from './units/section.ts';

interface Bench {
  readonly scratch: Scratch;
  readonly dist: string;
  readonly bundles: readonly Bundle[];
}

const SECTIONS = {
  units: ({ scratch, dist }: Bench) => unitsSection(scratch, dist),
  bundles: ({ bundles }: Bench) => bundlesSection(bundles),
  cold: ({ scratch, bundles }: Bench) => coldSection(scratch, bundles),
  rates: ({ scratch }: Bench) => ratesSection(scratch),
  kill: ({ scratch }: Bench) => killSection(scratch),
  purge: ({ scratch }: Bench) => purgeSection(scratch),
} as const;
type SectionName = keyof typeof SECTIONS;

/** The other two wait for minutes of the tick. */
const DEFAULT: readonly SectionName[] = ['units', 'bundles', 'cold', 'rates'];

async function main(): Promise<void> {
  const { only, json, out } = options();
  const scratch = await makeScratch();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void scratch.end().finally(() => process.exit(130)));
  }
  try {
    const dist = await scratch.folder('dist');
    const bench = { scratch, dist, bundles: await bundle(dist) };
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
    options: { only: { type: 'string' }, json: { type: 'boolean' }, out: { type: 'string' } },
  });
  const asked = values.only?.split(',') ?? DEFAULT;
  const only = asked.map((name): SectionName => {
    if (Object.hasOwn(SECTIONS, name)) return name as SectionName;
    throw new Error(`--only=${name}: allowed are ${Object.keys(SECTIONS).join(', ')}`);
  });
  return { only, json: values.json === true, out: values.out };
}

await main();
