/** The local run in a process of its own, so that it can be killed and its CPU be counted. */
import { boot } from '../../lib/local/boot.ts';
import type { BootOptions, LocalRun } from '../../lib/local/local-run.ts';
import { answerCalls } from '../children.ts';

let run: LocalRun | undefined;
const failures: string[] = [];
const FAILURES_MAX = 20;

answerCalls({
  async boot(options: BootOptions) {
    run = await boot({
      ...options,
      onLog(entry) {
        if (entry.kind !== 'failure' || failures.length === FAILURES_MAX) return;
        failures.push(`${entry.where}: ${entry.reason}`);
      },
    });
    const { url, apiKey } = run;
    return { url, apiKey };
  },
  purge: () => run?.queues.purgeAll() ?? 0,
  metrics: () => run?.metrics() ?? {},
  functions: () => run?.functions() ?? {},
  failures: () => failures,
  stop: () => run?.stop(),
});
