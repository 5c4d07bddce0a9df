import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All that bundles and template are made from; packages by the lock file. */
const SOURCES = [
  'functions/**/*.ts',
  'lib/**/*.ts',
  'infra/**/*.ts',
  'scripts/*.ts',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Equal only for equal sources and `settings`: then the same assembly would come out. */
export async function sourceDigest(root: string, settings: string): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(SOURCES, { cwd: root })) files.push(file);
  const hash = createHash('sha256').update(settings).update(process.version);
  for (const file of files.sort()) {
    const content = await readFile(join(root, file));
    hash.update(`\n${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
