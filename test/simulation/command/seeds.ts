import { hunt } from './hunt.ts';
import type { Command } from './options.ts';
import { pool } from './pool.ts';
import { outcomeText, progressText } from './text.ts';
import { storyVersion } from './tried.ts';

const PROGRESS_EVERY_MS = 5_000;

/** Runs the seeds, shrinks those that fail, prints what came of it. The exit code. */
export async function runSeeds(command: Command & { readonly kind: 'seeds' }): Promise<number> {
  const { range, days, workers } = command;
  const version = storyVersion(days);
  const startedMs = performance.now();
  const found = hunt({ range, days, workers, version });
  const seedSeconds = () => (found.lastSeedMs - startedMs) / 1_000;
  const outcome = () => {
    const { tally, failed } = found;
    return outcomeText({ tally, failed, seconds: seedSeconds(), workers, version });
  };

  const progress = setInterval(() => {
    const now = {
      ...{ seeds: found.tally.seeds, of: range.count, failed: found.failed },
      ...{ seconds: (performance.now() - startedMs) / 1_000, seedSeconds: seedSeconds() },
    };
    process.stderr.write(`${progressText(now)}\n`);
  }, PROGRESS_EVERY_MS);
  const working = pool({ workers, next: found.next, onSaid: found.onSaid, onLost: found.onLost });
  process.once('SIGINT', () => {
    working.stop();
    process.stdout.write(`\n${outcome()}\nended by Ctrl-C\n`);
    process.exit(130);
  });
  await working.ended;
  clearInterval(progress);
  await found.written();
  process.stdout.write(`${outcome()}\n`);
  return found.failed === 0 ? 0 : 1;
}
