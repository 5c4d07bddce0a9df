import { keep } from './failures.ts';
import { type Job, jobText, type Said } from './jobs.ts';
import type { Range } from './options.ts';
import type { PoolOptions } from './pool.ts';
import { checkOf } from './shrunk.ts';
import { NOTHING, sumOf, type Tally } from './tally.ts';
import { shrunkText } from './text.ts';

export interface HuntOptions {
  readonly range: Range;
  readonly days: number;
  readonly workers: number;
  readonly version: string;
}

/** Which seeds are still to be run, what came of the others, and what is to be shrunk. */
export interface Hunt extends Omit<PoolOptions, 'workers'> {
  readonly tally: Tally;
  readonly failed: number;
  /** When the last seed was done; what is spent on shrinking after it does not count. */
  readonly lastSeedMs: number;
  /** Files of failing seeds that are being written. */
  written(): Promise<unknown>;
}

/** Seeds that a worker is handed at a time. */
const BLOCK = 5;
/** Failing seeds that are shrunk, of each check and in all; the others are only listed. */
const SHRUNK_PER_CHECK_MAX = 2;
const SHRUNK_MAX = 10;

/** Prints each failure as it is found. */
export function hunt({ range, days, workers, version }: HuntOptions): Hunt {
  const shrinking: Job[] = [];
  const chosen: string[] = [];
  const files: Promise<unknown>[] = [];
  let tally = NOTHING;
  let failed = 0;
  let lastSeedMs = performance.now();
  let from = range.from;

  const print = (text: string) => process.stdout.write(`${text}\n`);
  const fail = (text: string) => {
    failed += 1;
    print(text);
  };
  function choose(seed: number, check: string) {
    const known = chosen.filter((one) => one === check).length;
    if (known >= SHRUNK_PER_CHECK_MAX || chosen.length >= SHRUNK_MAX) return;
    chosen.push(check);
    shrinking.push({ kind: 'shrink', seed, days });
  }
  function onSaid(said: Said) {
    switch (said.kind) {
      case 'seed':
        tally = sumOf(tally, said.tally);
        lastSeedMs = performance.now();
        if (said.failure === undefined) return;
        fail(`seed ${said.seed} failed: ${said.failure}`);
        choose(said.seed, checkOf(said.failure));
        return;
      case 'shrunk': {
        print(`\n${shrunkText(said.shrunk, said.trace)}`);
        const again = (path: string) => print(`  again: npm run simulate -- --faults ${path}\n`);
        files.push(keep(said.shrunk, version).then(again));
        return;
      }
      case 'broken':
        return fail(`${said.what} broke: ${said.error}`);
      case 'idle':
      case 'alive':
      case 'crash':
    }
  }

  return {
    get tally() {
      return tally;
    },
    get failed() {
      return failed;
    },
    get lastSeedMs() {
      return lastSeedMs;
    },
    next() {
      const left = range.from + range.count - from;
      const shrink = shrinking.shift();
      if (shrink !== undefined || left === 0) return shrink;
      // Small blocks at the end, so that no worker is left alone with many.
      const count = Math.min(BLOCK, Math.ceil(left / (2 * workers)));
      from += count;
      return { kind: 'seeds', range: { from: from - count, count }, days };
    },
    onSaid,
    onLost: (job, why) => fail(`${jobText(job)}: ${why}`),
    written: () => Promise.all(files),
  };
}
