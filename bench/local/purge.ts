import { setTimeout as sleep } from 'node:timers/promises';
import { exactly, type Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { rounded, sum } from '../statistics.ts';
import { apiClient, reached, steadily } from './client.ts';
import {
  type LocalProcess,
  type ReceiverProcess,
  startLocal,
  startReceiverProcess,
} from './processes.ts';
import { lastArrivalMs, tally } from './tally.ts';

const BATCH = 10;
const LOAD = { perSecond: 10, seconds: 30 };
const PURGE_EVERY_MS = 2_000;
/** More than the local run can deliver at that load, so that there is always something to purge. */
const ANSWER_MS = 250;
const SECONDS_MAX = 400;
/** Time for a second copy of something to come, if there is one. */
const LINGER_MS = 5_000;

/** All queues are purged again and again while events are published and delivered. */
export async function purgeSection(scratch: Scratch): Promise<Section> {
  const receiver = await startReceiverProcess(scratch, ANSWER_MS);
  const local = await startLocal(scratch, { home: await scratch.folder('home') });
  const client = apiClient(local);
  scratch.onEnd(async () => client.close());
  await client.addIntegration('bench', `${receiver.url}/bench`);

  const accepted = new Set<string>();
  const publishing = new AbortController();
  const purges = purging(local, publishing.signal);
  await steadily(LOAD.perSecond, LOAD.seconds, async () => {
    for (const id of await client.publishBatch(BATCH)) accepted.add(id);
  });
  publishing.abort();
  const purged = await purges;
  const endMs = performance.timeOrigin + performance.now();
  await reached(accepted.size, receiver.count, SECONDS_MAX);
  await sleep(LINGER_MS);
  const section = await sectionOf({ accepted, purged, endMs, receiver });
  const metrics = await local.child.call<Record<string, number>>('metrics');
  await local.stop();
  await receiver.stop();
  return { ...section, details: { ...(section.details as object), metrics } };
}

/** Messages forgotten at each purge, until the load ends. */
async function purging(local: LocalProcess, signal: AbortSignal): Promise<readonly number[]> {
  const purged: number[] = [];
  while (!signal.aborted) {
    await sleep(PURGE_EVERY_MS);
    purged.push(await local.child.call<number>('purge'));
  }
  return purged;
}

async function sectionOf(run: {
  readonly accepted: ReadonlySet<string>;
  readonly purged: readonly number[];
  readonly endMs: number;
  readonly receiver: ReceiverProcess;
}): Promise<Section> {
  const arrivals = await run.receiver.arrivals();
  const result = tally(run.accepted, arrivals);
  const lastSeconds = rounded((lastArrivalMs(arrivals) - run.endMs) / 1_000, 1);
  return {
    name: 'purge',
    rows: [
      {
        what: `messages purged, ${run.purged.length} times`,
        figure: sum(run.purged),
        unit: `of ${result.accepted} published in ${LOAD.seconds} s`,
      },
      {
        what: 'lost',
        figure: result.lost,
        unit: `of ${result.accepted} accepted`,
        budget: exactly(result.lost, 0),
      },
      { what: 'came twice', figure: result.twice, unit: 'deliveries' },
      { what: 'end of load to the last arrival', figure: lastSeconds, unit: 's' },
    ],
    notes: ['messages in flight are purged too; the tick runs each minute, at its real speed.'],
    details: result,
  };
}
