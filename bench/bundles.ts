import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { type Bundle, bundleBudget } from '../scripts/bundle.ts';
import type { Section } from './report.ts';
import { rounded } from './statistics.ts';

/** Size of what each function deploys. */
export async function bundlesSection(bundles: readonly Bundle[]): Promise<Section> {
  const sizes = await Promise.all(
    bundles.map(async ({ name, file, bytes }) => {
      const gzipped = gzipSync(await readFile(file), { level: 9 }).byteLength;
      return { name, bytes, gzipped };
    }),
  );
  return {
    name: 'bundles',
    rows: sizes.map(({ name, bytes, gzipped }) => ({
      what: name,
      figure: rounded(bytes / 1_000, 1),
      unit: `kB (${rounded(gzipped / 1_000, 1)} gz)`,
      budget: {
        text: `≤ ${bundleBudget(name) / 1_000}`,
        holds: bytes <= bundleBudget(name),
      },
    })),
    notes: [],
    details: sizes,
  };
}
