import { crashed } from './crash.ts';
import { type Job, jobText, type Said } from './jobs.ts';
import { shrunk } from './shrunk.ts';
import { TOLD_TRACE_MAX, telling } from './telling.ts';
import { tried } from './tried.ts';

/** A process that runs seeds for `npm run simulate`, as long as that is there. */

// Ctrl-C reaches the whole group: who asked ends its workers when it has said what is known.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));
process.on('message', (job: Job) => {
  doing(job).then(
    () => say({ kind: 'idle' }),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
      say({ kind: 'broken', what: jobText(job), error: text });
      say({ kind: 'idle' });
    },
  );
});
say({ kind: 'idle' });

function say(said: Said): void {
  process.send?.(said);
}

async function doing(job: Job): Promise<void> {
  switch (job.kind) {
    case 'seeds': {
      const { from, count } = job.range;
      for (let seed = from; seed < from + count; seed++) {
        try {
          const { report, tally } = await tried({ seed, days: job.days });
          say({ kind: 'seed', seed, failure: report.failure, tally });
        } catch (error) {
          const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
          say({ kind: 'broken', what: `seed ${seed}`, error: text });
        }
      }
      return;
    }
    case 'shrink': {
      const found = await shrunk(job, { onRun: () => say({ kind: 'alive' }) });
      if (found === undefined) throw new Error('It does not fail a second time.');
      const { report } = await tried({ ...found, traceMax: TOLD_TRACE_MAX });
      say({ kind: 'shrunk', shrunk: found, trace: telling(report.trace.lines()) });
      return;
    }
    case 'crash':
      say({ kind: 'crash', count: await crashed(job, () => say({ kind: 'alive' })) });
  }
}
