import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What each layer may import besides itself, by prefix; `npm:` stands for every installed package. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'lib/domain/input/': ['lib/domain/', 'npm:zod/mini'],
  'lib/domain/': ['node:crypto'],
  'lib/app/': ['lib/domain/', 'lib/policies/', 'lib/names.ts'],
  // Use cases as functions for others: `lib/app/call-service.ts` builds on them, they on its neighbours.
  'lib/policies/': ['lib/app/', 'lib/domain/'],
  'lib/adapters/': ['lib/app/ports', 'lib/domain/', 'lib/names.ts', 'node:', 'npm:'],
  'lib/runtime/': [
    ...['lib/app/', 'lib/policies/', 'lib/adapters/', 'lib/domain/'],
    ...['lib/names.ts', 'node:', 'npm:'],
  ],
  // Made when the functions are bundled; a policy names the page's style by its hash.
  'lib/edge/docs/': ['lib/domain/', 'lib/edge/', 'node:crypto'],
  'lib/edge/': ['lib/app/', 'lib/domain/', 'lib/runtime/', 'lib/names.ts', 'node:zlib', 'npm:'],
  'functions/': ['lib/app/', 'lib/domain/', 'lib/edge/', 'lib/runtime/'],
  'infra/': ['lib/names.ts', 'node:', 'npm:'],
};
const LAYERS = Object.keys(MAY_IMPORT);
/** The domain is told the time, the dice and the configuration; it never asks for them. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|randomUUID|randomBytes|process\.|console\.|fetch\(|setTimeout)/;
const LINES_MAX = 300;
const HANDLER_LINES_MAX = 25;

const sources = globSync('{functions,lib,infra}/**/*.ts').sort();

describe('the arrows', () => {
  const layered = sources.filter((file) => layerOf(file) !== undefined);

  it.each(layered)('%s imports only what its layer may', (file) => {
    const layer = layerOf(file) ?? '';
    const allowed = [layer, ...(MAY_IMPORT[layer] ?? [])];
    const strays = importsOf(file).filter(
      (target) => !allowed.some((prefix) => target.startsWith(prefix)),
    );
    expect(strays).toEqual([]);
  });

  it('nothing that deploys imports the local run', () => {
    const strays = sources
      .filter((file) => !file.startsWith('lib/local/'))
      .filter((file) => importsOf(file).some((target) => target.startsWith('lib/local/')));
    expect(strays).toEqual([]);
  });

  it('there is no barrel', () => {
    expect(sources.filter((file) => file.endsWith('/index.ts'))).toEqual([]);
  });
});

it.each(sources.filter((file) => /^lib\/(domain|app|policies)\//.test(file)))(
  '%s is deterministic',
  (file) => {
    expect(withoutComments(readFileSync(file, 'utf8'))).not.toMatch(IMPURE);
  },
);

it('every file is one room', () => {
  const long = sources.filter((file) => linesOf(file) > LINES_MAX);
  expect(long).toEqual([]);
});

it('a Lambda file is wiring: short, no branch, no try', () => {
  const heavy = sources
    .filter((file) => file.startsWith('functions/'))
    .filter(
      (file) =>
        linesOf(file) > HANDLER_LINES_MAX ||
        /\b(if|try|switch) /.test(withoutComments(readFileSync(file, 'utf8'))),
    );
  expect(heavy).toEqual([]);
});

/** The most specific layer of a file. */
function layerOf(file: string): string | undefined {
  return LAYERS.filter((layer) => file.startsWith(layer)).sort((a, b) => b.length - a.length)[0];
}

function linesOf(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length - 1;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

function importsOf(file: string): string[] {
  const imports = withoutComments(readFileSync(file, 'utf8')).matchAll(
    /^(?:import|export)\b[^;']*?\bfrom '([^']+)'|\bimport\(?\s*'([^']+)'/gm,
  );
  return [...imports].map(([, from, bare]) => {
    const name = from ?? bare ?? '';
    if (name.startsWith('.')) return join(dirname(file), name);
    return name.startsWith('node:') ? name : `npm:${name}`;
  });
}
