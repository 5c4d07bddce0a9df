import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../../lib/local/assembly.ts';
import { sourceDigest } from '../../lib/local/source-digest.ts';

/** What integrations of the types `sqs` and `eventbridge` may name in these runs. */
export const TARGETS = {
  queue: 'arn:aws:sqs:us-east-1:000000000000:orders',
  bus: 'arn:aws:events:us-east-1:000000000000:event-bus/orders',
} as const;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/breakwater');
const WAIT_MS_MAX = 120_000;
const KEPT_MS = 3_600_000;

/**
 * The cloud assembly of the tree as it is now, made by the first who asks: all test files boot
 * the same one, so that a boot takes half a second and two never bundle at the same time.
 */
export async function sharedAssembly(): Promise<string> {
  const digest = await sourceDigest(ROOT, 'e2e');
  const dir = join(CACHE, `assembly-${digest.slice(0, 16)}`);
  const untilMs = Date.now() + WAIT_MS_MAX;
  while (!existsSync(dir)) {
    if (await make(dir)) break;
    if (Date.now() > untilMs) throw new Error(`Nobody finished ${dir}; remove ${dir}.lock`);
    await sleep(200);
  }
  return dir;
}

/** False if somebody else is at it. */
async function make(dir: string): Promise<boolean> {
  await mkdir(CACHE, { recursive: true });
  const lock = `${dir}.lock`;
  if (!(await locked(lock))) return false;
  const draft = `${dir}.draft`;
  try {
    await synthesize(draft, { egress: 'loopback', targetArns: Object.values(TARGETS) });
    await rename(draft, dir);
    await forgetOthers(dir);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
  return true;
}

async function locked(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // Its maker was killed.
  const made = await stat(lock).catch(() => undefined);
  if (made !== undefined && Date.now() - made.mtimeMs > WAIT_MS_MAX) {
    await rm(lock, { recursive: true, force: true });
  }
  return false;
}

/** Not the fresh ones: a run of another state of the tree may be using them. */
async function forgetOthers(dir: string): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    const { mtimeMs } = await stat(path);
    if (path === dir || !name.startsWith('assembly-') || Date.now() - mtimeMs < KEPT_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}
