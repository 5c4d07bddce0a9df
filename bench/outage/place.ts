import { boot } from '../../lib/local/boot.ts';
import type { LocalRun } from '../../lib/local/local-run.ts';
import { startChild } from '../children.ts';
import { apiClient, type Client } from '../local/client.ts';
import { type ReceiverProcess, startReceiverProcess } from '../local/processes.ts';
import type { Scratch } from '../scratch.ts';
import type { TableUse } from './sums.ts';

/** The local run with every request of its functions counted. */
export interface Place {
  readonly run: LocalRun;
  readonly receiver: ReceiverProcess;
  readonly client: Client;
  /** Of functions: what failed in them so far, the first twenty. */
  readonly failures: readonly string[];
  /** What was used since the last look. */
  look(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface Usage extends TableUse {
  readonly seconds: number;
  /** As SQS bills them, by operation; receives that found nothing apart. */
  readonly sqs: Readonly<Record<string, number>>;
  /** What the functions asked of SQS: with a message, or to take one away. */
  readonly sqsRequests: number;
  readonly sends: number;
  /** By function. */
  readonly invocations: Readonly<Record<string, number>>;
}

const FAILURES_MAX = 20;

export async function openPlace(scratch: Scratch): Promise<Place> {
  const receiver = await startReceiverProcess(scratch, 0);
  const meter = startChild(scratch, './outage/meter-child.ts');
  const failures: string[] = [];
  const run = await boot({
    home: await scratch.folder('home'),
    schedules: 'manual',
    tablesThrough: (endpoint) => meter.call<string>('start', endpoint),
    onLog(entry) {
      if (failures.length === FAILURES_MAX) return;
      if (entry.kind === 'failure') failures.push(`${entry.where}: ${entry.reason}`);
      else if (/"level":"(ERROR|CRITICAL)"/.test(entry.line)) failures.push(entry.line);
    },
  });
  scratch.onEnd(() => run.stop());
  const client = apiClient(run);
  scratch.onEnd(async () => client.close());

  let seenMs = performance.now();
  let seenInvocations = invocationsOf(run);
  return {
    run,
    receiver,
    client,
    failures,
    async look() {
      const tables = await meter.call<TableUse>('take');
      const sqs = run.queues.requests();
      run.queues.resetRequests();
      const invocations = invocationsOf(run);
      const seconds = (performance.now() - seenMs) / 1_000;
      const usage = { ...tables, seconds, sqs, ...summed(sqs) };
      const since = difference(invocations, seenInvocations);
      seenMs = performance.now();
      seenInvocations = invocations;
      return { ...usage, invocations: since };
    },
    async stop() {
      client.close();
      await run.stop();
      await meter.kill();
      await receiver.stop();
    },
  };
}

function summed(sqs: Readonly<Record<string, number>>) {
  const of = (pattern: RegExp) =>
    Object.entries(sqs).reduce((sum, [name, n]) => sum + (pattern.test(name) ? n : 0), 0);
  return { sqsRequests: of(/^(?!.*empty)/), sends: of(/^SendMessage/) };
}

function invocationsOf(run: LocalRun): Record<string, number> {
  const counts = Object.entries(run.functions());
  return Object.fromEntries(counts.map(([name, { invocations }]) => [name, invocations]));
}

function difference(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  const changed = Object.entries(now).map(([name, n]) => [name, n - (before[name] ?? 0)] as const);
  return Object.fromEntries(changed.filter(([, n]) => n > 0));
}
