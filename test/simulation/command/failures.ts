import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from './options.ts';
import type { Shrunk } from './shrunk.ts';

/** Where failing seeds are kept; git does not see it. */
const FOLDER = 'simulate-failures';

const FILE = z.object({
  seed: z.number().int().positive(),
  days: z.number().int().positive(),
  /** Of the stories and rates it failed with. */
  version: z.string(),
  check: z.string(),
  faults: z.array(z.object({ at: z.string(), kind: z.string(), amount: z.number() })),
});

export type Kept = z.infer<typeof FILE>;

/** Returns the path. */
export async function keep(found: Shrunk, version: string): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${found.seed}.json`);
  await writeFile(path, `${JSON.stringify({ ...found, version }, null, 2)}\n`);
  return path;
}

export async function kept(path: string): Promise<Kept> {
  const allowed = `allowed is a file that a failing seed left in ${FOLDER}/`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`--faults=${path}: cannot be read; ${allowed}.`, { cause });
  }
  try {
    return FILE.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new UsageError(`--faults=${path}: ${allowed}.\n${why}`, { cause });
  }
}
