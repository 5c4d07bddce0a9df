import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tried } from '../command/tried.ts';
import { story } from '../kernel/simulate.ts';
import { type Run, runSeed } from './run.ts';

const COMMAND = fileURLToPath(new URL('../command/main.ts', import.meta.url));
const TIMEOUT_MS = 120_000;
const DAY_MS = 86_400_000;

/** Everything that was done and stored. */
async function wholeOf(seed: number) {
  const runs: Run[] = [];
  const onRun = (run: Run) => runs.push(run);
  const report = await runSeed({ seed, troubledMs: 2 * DAY_MS, calmMs: DAY_MS, onRun });
  const { ledger } = runs[0]?.product.receivers ?? {};
  return {
    report,
    digest: report.trace.digest(),
    rows: runs[0]?.product.db.model.snapshot(),
    ledger,
  };
}

it(
  'a seed is the same run to the last row and byte, whatever ran before it',
  async () => {
    const first = await wholeOf(5);
    await wholeOf(6);
    const again = await wholeOf(5);
    expect(again.report.faults).toEqual(first.report.faults);
    expect(again.digest).toBe(first.digest);
    expect(again.ledger).toEqual(first.ledger);
    expect(again.rows).toEqual(first.rows);
  },
  TIMEOUT_MS,
);

it(
  'a seed is the same run from its dice, from the list of its faults and in another process',
  async () => {
    const trial = { seed: 4, days: 1 };
    const { report, tally } = await tried(trial);
    const listed = await tried({ ...trial, faults: report.faults });
    expect(listed.report.trace.digest()).toBe(report.trace.digest());
    expect(listed.tally).toEqual(tally);
    const args = [COMMAND, '--seed', '4', '--days', '1'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toContain(story(report, 0));
    expect(stdout).toContain(`digest ${report.trace.digest().toString(16)}
`);
  },
  TIMEOUT_MS,
);
