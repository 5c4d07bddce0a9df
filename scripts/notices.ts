import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundledPackage } from './bundled-packages.ts';

const TEXT = /^(licen[cs]e|notice|copying)/i;
const RULE = '-'.repeat(100);

/**
 * The texts that licenses want to go along with the bundles, each once, under the packages it is
 * of. Where a package brings none, whose it is and where it comes from stand in its place.
 */
export async function noticesOf(
  root: string,
  packages: readonly BundledPackage[],
): Promise<string> {
  const packagesOf = new Map<string, string[]>();
  for (const found of packages) {
    for (const text of await textsOf(join(root, found.folder))) {
      const line = `${found.name} ${found.version} (${found.license})`;
      packagesOf.set(text, [...(packagesOf.get(text) ?? []), line]);
    }
  }
  const parts = [...packagesOf].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return parts.join(`\n${RULE}\n\n`);
}

async function textsOf(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((file) => TEXT.test(file)).sort();
  if (files.length === 0) return [await originOf(folder)];
  const texts = files.map((file) => readFile(join(folder, file), 'utf8'));
  return (await Promise.all(texts)).map((text) => text.replaceAll('\r\n', '\n').trim());
}

async function originOf(folder: string): Promise<string> {
  const { author, repository } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const whose = typeof author === 'string' ? author : author?.name;
  const where = typeof repository === 'string' ? repository : repository?.url;
  return `The package brings no license text. By ${whose ?? 'its authors'}, ${where ?? ''}`.trim();
}
