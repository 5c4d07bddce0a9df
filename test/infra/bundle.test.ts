import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileOf } from '../../infra/service-function.ts';
import { ENV, TIMEOUT_SECONDS } from '../../lib/names.ts';
import { type Bundle, bundle, bundleBudget } from '../../scripts/bundle.ts';

const run = promisify(execFile);
const FILES = Object.keys(TIMEOUT_SECONDS).map(fileOf).sort();

let folder: string;
let first: readonly Bundle[];
let second: readonly Bundle[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-bundle-'));
  first = await bundle(join(folder, 'first'));
  second = await bundle(join(folder, 'second'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('bundles', () => {
  it('are made for exactly the functions of the stack', () => {
    expect(first.map(({ name }) => name)).toEqual(FILES);
  });

  it('have the same bytes each time, so that an unchanged function is not deployed again', async () => {
    const read = (bundles: readonly Bundle[]) =>
      Promise.all(bundles.map(({ file }) => readFile(file, 'utf8')));
    expect(await read(second)).toEqual(await read(first));
  });

  it.each(FILES)('%s stays within the budget', (name) => {
    const bytes = first.find((made) => made.name === name)?.bytes;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(bundleBudget(name));
  });

  it.each(FILES)('%s exports a handler and loads no undici at start', async (name) => {
    const file = join(folder, 'first', name, 'index.js');
    const script = `
      try {
        const { handler } = require(${JSON.stringify(file)});
        const undici = process.moduleLoadList.filter((module) => module.includes('undici'));
        console.log(JSON.stringify({ handler: typeof handler, undici }));
      } catch (error) {
        console.log(JSON.stringify({ error: error.message }));
      }`;
    const { stdout } = await run(process.execPath, ['-e', script], { env: lambdaEnv() });
    expect(JSON.parse(stdout)).toEqual({ handler: 'function', undici: [] });
  });
});

/** What Lambda would set, as far as loading a function needs it. */
function lambdaEnv(): Record<string, string> {
  const { egressAllow: _, egressNat64: __, keyRateLimit: ___, ...always } = ENV;
  const names = Object.values(always).map((name) => [name, 'test']);
  return {
    ...Object.fromEntries(names),
    [ENV.retentionDays]: '7',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}
