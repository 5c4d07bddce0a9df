import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ENV } from '../../lib/names.ts';
import type { Bundle } from '../../scripts/bundle.ts';
import type { Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { median, rounded } from '../statistics.ts';

const run = promisify(execFile);
const RUNNER = fileURLToPath(new URL('./runner.cjs', import.meta.url));
const RUNS = 11;
const RUN_MS_MAX = 30_000;

interface Load {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly undici: boolean;
}

/** How long each function takes to load, beside a handler that does nothing. */
export async function coldSection(scratch: Scratch, bundles: readonly Bundle[]): Promise<Section> {
  const bare = await bareHandler(scratch);
  const files = [{ name: 'bare', file: bare }, ...bundles];
  const loads = new Map<string, Load[]>(files.map(({ name }) => [name, []]));
  // All of them in turn, so that a busy moment of the machine falls on each alike.
  for (let i = 0; i < RUNS; i++) {
    for (const { name, file } of files) loads.get(name)?.push(await load(file));
  }
  const medians = files.map(({ name }) => {
    const runs = loads.get(name) ?? [];
    return {
      name,
      cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
      wallMs: median(runs.map(({ wallMs }) => wallMs)),
      undici: runs.some(({ undici }) => undici),
    };
  });
  const bareMs = medians[0]?.cpuMs ?? Number.NaN;
  return {
    name: 'cold',
    rows: medians.map(({ name, cpuMs, undici }) => ({
      what: name === 'bare' ? 'a handler that does nothing' : name,
      figure: rounded(cpuMs, 1),
      unit: name === 'bare' ? 'CPU ms' : `CPU ms (× ${rounded(cpuMs / bareMs, 1)})`,
      ...(name !== 'bare' && { budget: { text: 'no undici', holds: !undici } }),
    })),
    notes: [
      `main-thread CPU of the import alone, median of ${RUNS} fresh processes, interleaved; ` +
        'x64, no Lambda: read the ratios, not the milliseconds.',
    ],
    details: medians,
  };
}

async function bareHandler(scratch: Scratch): Promise<string> {
  const folder = join(await scratch.folder('bare'), 'bare');
  await mkdir(folder);
  const file = join(folder, 'index.js');
  await writeFile(file, 'exports.handler = async () => {};\n');
  return file;
}

async function load(file: string): Promise<Load> {
  const options = { env: lambdaEnvironment(), timeout: RUN_MS_MAX };
  const { stdout } = await run(process.execPath, [RUNNER, file], options);
  return JSON.parse(stdout) as Load;
}

/** What Lambda would set, as far as loading a function needs it. */
function lambdaEnvironment(): Record<string, string> {
  return {
    ...Object.fromEntries(Object.values(ENV).map((name) => [name, 'bench'])),
    [ENV.retentionDays]: '30',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
}
