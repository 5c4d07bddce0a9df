import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundle, NOTICES_FILE, SBOM_FILE } from '../../scripts/bundle.ts';
import { contentsOf, folderOf } from '../../scripts/bundled-packages.ts';
import { sbomOf } from '../../scripts/sbom.ts';

interface Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}
interface Bill {
  readonly serialNumber: string;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const COMPILE_MS_MAX = 120_000;
const SCHEMAS = 'node_modules/@cyclonedx/cyclonedx-library/res/schema';
const schema = (name: string) =>
  JSON.parse(readFileSync(`${SCHEMAS}/${name}.SNAPSHOT.schema.json`, 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));

let folder: string;
let bundles: readonly Bundle[];
let bill: Bill;
let notices: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-sbom-'));
  bundles = await bundle(folder);
  bill = JSON.parse(await readFile(join(folder, SBOM_FILE), 'utf8'));
  notices = await readFile(join(folder, NOTICES_FILE), 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));

const libraries = () => bill.components.filter(({ type }) => type === 'library');
const fullName = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`);

describe('the bill of materials', () => {
  it(
    'is CycloneDX 1.6 by the official schema',
    () => {
      const check = schemaCheck();
      check(bill);
      expect(check.errors ?? []).toEqual([]);
      expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
      expect(bill.serialNumber).toMatch(/^urn:uuid:/); // Attesting asks for one.
      expect(check({ ...bill, components: [{ type: 'book' }] })).toBe(false);
    },
    COMPILE_MS_MAX,
  );

  it('has every function with the checksum of the very file that is deployed', () => {
    const functions = bill.components.filter(({ type }) => type === 'application');
    expect(functions.map((found) => [found['bom-ref'], found.hashes])).toEqual(
      bundles.map(({ name, checksum }) => [
        `function:${name}`,
        [{ alg: 'SHA-256', content: checksum }],
      ]),
    );
  });

  it('has every package once, with version and checksum from the lock file', () => {
    expect(libraries().length).toBeGreaterThan(10);
    const refs = libraries().map((found) => found['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    for (const found of libraries()) {
      const locked = Object.entries<{ version: string; integrity?: string }>(lock.packages).filter(
        ([path, { version }]) =>
          path.endsWith(`node_modules/${fullName(found)}`) && version === found.version,
      );
      const [, { integrity = '' } = {}] = locked[0] ?? [];
      const hex = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
      expect(found.hashes).toEqual([{ alg: 'SHA-512', content: hex }]);
    }
  });

  it('names in each bundle what is there, and nothing that is not', () => {
    const insideOf = (name: string) =>
      bill.dependencies.find(({ ref }) => ref === `function:${name}`)?.dependsOn ?? [];
    const has = (name: string, part: string) => insideOf(name).some((ref) => ref.includes(part));
    expect(has('deliver', 'client-eventbridge')).toBe(true);
    expect(has('publish', 'client-eventbridge')).toBe(false);
    expect(has('api', 'csv-stringify')).toBe(true);
    expect(has('deliver', 'csv-stringify')).toBe(false);
    for (const { name } of bundles) expect(has(name, '%40aws-sdk/client-dynamodb@')).toBe(true);
    const all = new Set(bundles.flatMap(({ name }) => insideOf(name)));
    expect([...all].sort()).toEqual(
      libraries()
        .map((found) => found['bom-ref'])
        .sort(),
    );
  });

  it('points at nothing that it does not list', () => {
    const listed = new Set(['breakwater', ...bill.components.map((found) => found['bom-ref'])]);
    for (const { ref, dependsOn } of bill.dependencies) {
      for (const target of [ref, ...dependsOn]) expect(listed).toContain(target);
    }
  });

  it('has another serial number when a byte of a bundle is another', () => {
    const contents = { functions: [{ name: 'tick', packages: [] }], packages: [] };
    const made = (byte: string) =>
      sbomOf(contents, {
        product: { name: 'breakwater', version: '1.0.0' },
        bundler: { name: 'esbuild', version: '1.0.0' },
        checksums: { tick: byte.repeat(64) },
      }).serialNumber;
    expect(made('a')).toBe(made('a'));
    expect(made('a')).not.toBe(made('b'));
  });
});

describe('the licenses', () => {
  it('of all that is inside go along', () => {
    for (const found of libraries()) {
      expect(notices).toMatch(new RegExp(`^${fullName(found)} ${found.version} \\(\\S+\\)$`, 'm'));
    }
    expect(notices).toContain('Apache License');
    expect(notices).toContain('Permission is hereby granted, free of charge');
  });
});

describe('what is inside a bundle', () => {
  it.each([
    ['lib/domain/egress.ts', undefined],
    ['node_modules/zod/v4/mini/index.js', 'node_modules/zod'],
    ['node_modules/@a/b/c.js', 'node_modules/@a/b'],
    ['node_modules/@a/b/node_modules/c/d.js', 'node_modules/@a/b/node_modules/c'],
  ])('%s belongs to %s', (file, expected) => expect(folderOf(file)).toBe(expected));

  it('is nothing that tree shaking has emptied', () => {
    const found = contentsOf(metafile({ 'node_modules/a/x.js': 7, 'node_modules/b/x.js': 0 }), {
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-', license: 'MIT' },
    });
    expect(found.functions).toEqual([{ name: 'tick', packages: ['node_modules/a'] }]);
  });

  it('stops the build when the lock file has no checksum or license for it', () => {
    expect(() =>
      contentsOf(metafile({ 'node_modules/a/x.js': 7 }), {
        'node_modules/a': { version: '1.0.0', license: 'MIT' },
      }),
    ).toThrow(/node_modules\/a is bundled, but the lock file lacks/);
  });
});

/** Compiled once: the schema is large. */
function schemaCheck(): ValidateFunction {
  const ajv = new Ajv({
    strict: false,
    formats: {
      'date-time': true,
      email: true,
      'idn-email': true,
      uri: true,
      'iri-reference': (text: string) => URL.canParse(text, 'https://example.com'),
    },
  });
  for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return ajv.compile(schema('bom-1.6'));
}

function metafile(bytes: Readonly<Record<string, number>>): Metafile {
  const inputs = Object.fromEntries(
    Object.entries(bytes).map(([file, bytesInOutput]) => [file, { bytesInOutput }]),
  );
  const output = { bytes: 1, imports: [], exports: [], entryPoint: 'functions/tick.ts', inputs };
  return { inputs: {}, outputs: { 'dist/tick/index.js': output } };
}
