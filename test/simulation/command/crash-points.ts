import { CRASH_STORIES, type CrashCount } from './crash.ts';
import { type Job, jobText } from './jobs.ts';
import type { Command } from './options.ts';
import { pool } from './pool.ts';
import { crashText } from './text.ts';

/** Tries every crash point of every flow and prints their number. The exit code. */
export async function runCrashPoints(
  command: Command & { readonly kind: 'crash' },
): Promise<number> {
  const { isPairs, workers } = command;
  const startedMs = performance.now();
  const counts: CrashCount[] = [];
  const broken: string[] = [];
  let story = 0;

  const text = () =>
    [...broken, crashText(counts, (performance.now() - startedMs) / 1_000)].join('\n');
  const next = (): Job | undefined =>
    story < CRASH_STORIES ? { kind: 'crash', story: story++, isPairs } : undefined;
  const working = pool({
    workers,
    next,
    onLost: (job, why) => broken.push(`${jobText(job)}: ${why}`),
    onSaid(said) {
      if (said.kind === 'broken') broken.push(`${said.what}: ${said.error}`);
      if (said.kind !== 'crash') return;
      counts.push(said.count);
      const { name, points, failed } = said.count;
      process.stderr.write(
        `simulate: ${counts.length} of ${CRASH_STORIES} flows, ${name}: ` +
          `${points} crash points, ${failed} failed\n`,
      );
    },
  });
  process.once('SIGINT', () => {
    working.stop();
    process.stdout.write(`\n${text()}\nended by Ctrl-C\n`);
    process.exit(130);
  });
  await working.ended;
  process.stdout.write(`${text()}\n`);
  const isWell = broken.length === 0 && counts.every(({ failed }) => failed === 0);
  return isWell ? 0 : 1;
}
