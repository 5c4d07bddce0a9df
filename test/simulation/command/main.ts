/**
 * `npm run simulate`: seeds of the simulation on all cores, or one failing run again. Exit code 1:
 * something failed; 2: the command was not understood; 130: it was ended by Ctrl-C.
 */
import { type Report, story } from '../kernel/simulate.ts';
import { runCrashPoints } from './crash-points.ts';
import { kept } from './failures.ts';
import { commandOf, UsageError } from './options.ts';
import { runSeeds } from './seeds.ts';
import { TOLD_TRACE_MAX, telling } from './telling.ts';
import { storyVersion, type Trial, tried } from './tried.ts';

async function main(): Promise<number> {
  const command = commandOf(process.argv.slice(2));
  switch (command.kind) {
    case 'seeds':
      return runSeeds(command);
    case 'crash':
      return runCrashPoints(command);
    case 'seed':
      return await told(command);
    case 'replay': {
      const { version, check, ...trial } = await kept(command.file);
      if (version !== storyVersion(trial.days)) {
        process.stderr.write(
          `simulate: ${command.file} is of stories ${version}, these are ` +
            `${storyVersion(trial.days)}: this may be another run.\n`,
        );
      }
      process.stderr.write(`simulate: failed before: ${check}\n`);
      return await told(trial);
    }
  }
}

async function told(trial: Trial): Promise<number> {
  const { report } = await tried({ ...trial, traceMax: TOLD_TRACE_MAX });
  const lines = telling(report.trace.lines());
  process.stdout.write(`${[story(report, 0), ...lines, digestText(report)].join('\n')}\n`);
  return report.failure === undefined ? 0 : 1;
}

/** Equal for runs that went the same way from the first step on. */
function digestText({ trace }: Report): string {
  return `the whole trace: ${trace.length} entries, digest ${trace.digest().toString(16)}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`simulate: ${error.message}\n`);
  process.exitCode = 2;
}
