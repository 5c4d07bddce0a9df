import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, glob, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addBreakwater } from '../../infra/add-breakwater.ts';
import { bundledCode } from '../../infra/service-function.ts';
import { bundle, NOTICES_FILE, SBOM_FILE } from '../../scripts/bundle.ts';

const run = promisify(execFile);
const ROOT = process.cwd();
const BUILD_MS_MAX = 300_000;
/** Of packages; the bundler takes the ES modules, where there are any. */
const NOT_READ = /(@aws-sdk|@smithy).*\/dist-(cjs|types)|\.d\.[cm]?ts$|\.map$/;
/** Loaded first into the other build: there it is four hundred days later. */
const LATER = `data:text/javascript,${encodeURIComponent(
  'const now = Date.now; Date.now = () => now() + 400 * 86_400_000;',
)}`;

/** Of a cloud assembly; the rest is notes for tools, such as the lines of this file. */
const DEPLOYED = /^asset\.|\.(?:template|assets)\.json$/;

type Sums = Readonly<Record<string, string>>;

let folder: string;
let here: string;
let there: string;

beforeAll(async () => {
  // The rules of CloudFormation are asked in rules.test.ts; here they would be asked twice more.
  vi.stubEnv('CDK_VALIDATION', 'false');
  folder = await mkdtemp(join(tmpdir(), 'breakwater-rebuild-'));
  here = join(folder, 'here');
  await bundle(here);
  const copy = join(folder, 'a folder', 'elsewhere');
  await copyProject(copy);
  there = join(copy, 'dist');
  await run(process.execPath, ['--import', LATER, join(copy, 'scripts/bundle.ts')], {
    cwd: tmpdir(),
    env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'C', HOME: copy, NODE_ENV: 'production' },
  });
}, BUILD_MS_MAX);
afterAll(() => {
  vi.unstubAllEnvs();
  return rm(folder, { recursive: true });
});

describe('a build in another folder, at another time, by someone else', () => {
  it('has the same bytes in every file, by SHA-256', async () => {
    const first = await sumsOf(here);
    expect(await sumsOf(there)).toEqual(first);
    const bundles = Object.keys(first).filter((file) => file.endsWith('/index.js'));
    expect(bundles.length).toBeGreaterThanOrEqual(10);
    expect(Object.keys(first)).toEqual(expect.arrayContaining([SBOM_FILE, NOTICES_FILE]));
    process.stdout.write(`${bundles.length} bundles built twice, equal byte for byte\n`);
  });

  it('says nowhere where it was made', async () => {
    for (const file of Object.keys(await sumsOf(there))) {
      const content = await readFile(join(there, file), 'utf8');
      for (const place of [ROOT, folder]) expect(content.includes(place), file).toBe(false);
    }
  });

  it(
    'leads to the same template and the same code to upload',
    async () => {
      const first = await synthesize(here, 'first');
      expect(await synthesize(there, 'second')).toEqual(first);
      const code = Object.keys(first).filter((file) =>
        /^asset\.[0-9a-f]{64}\/index\.js$/.test(file),
      );
      expect(code.length).toBeGreaterThanOrEqual(10);
    },
    BUILD_MS_MAX,
  );
});

/** All that a bundle is made from, and nothing besides: sources, the lock file, its packages. */
async function copyProject(to: string): Promise<void> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const packages = Object.entries<{ dev?: boolean; optional?: boolean }>(lock.packages)
    .filter(([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true)
    .map(([path]) => path);
  const bundler = ['node_modules/esbuild', 'node_modules/@esbuild'];
  const own = ['functions', 'lib', 'scripts', 'tsconfig.json', 'package.json', 'package-lock.json'];
  for (const path of [...own, ...packages, ...bundler]) {
    await mkdir(join(to, path, '..'), { recursive: true });
    await cp(path, join(to, path), {
      recursive: true,
      filter: (file) => !NOT_READ.test(file),
    });
  }
}

async function synthesize(dist: string, name: string): Promise<Sums> {
  const { context } = JSON.parse(await readFile('cdk.json', 'utf8'));
  const outdir = join(folder, name);
  const app = new App({ context: { ...context, nag: 'off' }, outdir, analyticsReporting: false });
  addBreakwater(app, (file) => bundledCode(file, dist));
  app.synth();
  const sums = Object.entries(await sumsOf(outdir));
  return Object.fromEntries(sums.filter(([file]) => DEPLOYED.test(file)));
}

async function sumsOf(dir: string): Promise<Sums> {
  const sums: [string, string][] = [];
  for await (const entry of glob('**/*', { cwd: dir, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const sum = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    sums.push([file.slice(dir.length + 1), sum]);
  }
  return Object.fromEntries(sums.sort(([a], [b]) => (a < b ? -1 : 1)));
}
