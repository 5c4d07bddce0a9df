/**
 * `npm start`: the whole stack on this machine, moved by PORT, BREAKWATER_HOME, BREAKWATER_EGRESS,
 * BREAKWATER_TARGET_ARNS and BREAKWATER_LOG. BREAKWATER_ASSEMBLY names a cloud assembly to boot in
 * place of a new one, BREAKWATER_FAULTS a file that says what goes wrong in a drill.
 */
import type { LocalRun, LogEntry } from './local-run.ts';
import { parseSettings } from './local-settings.ts';
import { readableLine } from './log-lines.ts';
import { welcome } from './welcome.ts';

/** npm hands a Ctrl-C on to a process that the terminal has told already. */
const SAME_SIGNAL_MS = 500;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const startedMs = performance.now();
  const settings = parseSettings(process.env);
  const quit: { run?: LocalRun; firstMs?: number; ending?: Promise<void> } = {};
  const onSignal = () => {
    quit.firstMs ??= performance.now();
    const isFirst = performance.now() - quit.firstMs < SAME_SIGNAL_MS;
    if (quit.run === undefined || !isFirst) process.exit(130);
    quit.ending ??= end(quit.run);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  const { boot } = await import('./boot.ts');
  const run = await boot({
    ...settings.boot,
    onLog(entry) {
      const shown = shownEntry(entry, settings.rawLog);
      if (shown !== undefined) print(shown);
    },
  });
  quit.run = run;
  const readySeconds = (performance.now() - startedMs) / 1000;
  print(welcome(run, { readySeconds, ...settings }));
}

function shownEntry(entry: LogEntry, isRaw: boolean): string | undefined {
  if (entry.kind === 'failure') return `! ${entry.where}: ${entry.reason}`;
  return isRaw ? entry.line : readableLine(entry.functionName, entry.line);
}

async function end(run: LocalRun): Promise<void> {
  print('Finishing what runs; Ctrl-C again quits at once.');
  await run.stop();
  const faults = Object.entries(run.faults.counts()).map(([kind, count]) => `${kind} ${count}`);
  if (faults.length > 0) print(`Faults injected: ${faults.join(', ')}`);
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
