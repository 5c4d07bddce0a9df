import { exactly, type Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { rounded } from '../statistics.ts';
import { apiClient, load, reached } from './client.ts';
import { assemblyOf, startLocal, startReceiverProcess } from './processes.ts';
import { lastArrivalMs, tally } from './tally.ts';

const DELIVERIES = 2_000;
const BATCH = 10;
/** Slow enough for a backlog to be there when the process is killed. */
const ANSWER_MS = 400;
/** Two turns of the tick at the latest, and the backlog after them. */
const SECONDS_MAX = 300;

/** `kill -9` in the middle of two thousand deliveries, and a restart in the same home. */
export async function killSection(scratch: Scratch): Promise<Section> {
  const home = await scratch.folder('home');
  const receiver = await startReceiverProcess(scratch, ANSWER_MS);
  const first = await startLocal(scratch, { home });
  const client = apiClient(first);
  scratch.onEnd(async () => client.close());
  await client.addIntegration('bench', `${receiver.url}/bench`);

  const accepted = new Set<string>();
  await load(8, DELIVERIES / BATCH, async () => {
    for (const id of await client.publishBatch(BATCH)) accepted.add(id);
  });
  await reached(DELIVERIES / 2, receiver.count, SECONDS_MAX);
  await first.child.kill();
  const before = await receiver.count();

  const restartMs = performance.timeOrigin + performance.now();
  const second = await startLocal(scratch, { home, assembly: assemblyOf(home) });
  const readyMs = performance.timeOrigin + performance.now();
  await reached(accepted.size, receiver.count, SECONDS_MAX);
  const arrivals = await receiver.arrivals();
  const result = tally(accepted, arrivals);
  const seconds = (atMs: number) => rounded((atMs - restartMs) / 1_000, 1);
  await second.stop();
  await receiver.stop();
  return {
    name: 'kill',
    rows: [
      { what: 'arrived before kill -9', figure: before, unit: `of ${result.accepted}` },
      {
        what: 'lost',
        figure: result.lost,
        unit: `of ${result.accepted} accepted`,
        budget: exactly(result.lost, 0),
      },
      { what: 'came twice', figure: result.twice, unit: 'deliveries' },
      { what: 'restart to ready', figure: seconds(readyMs), unit: 's' },
      { what: 'restart to the last arrival', figure: seconds(lastArrivalMs(arrivals)), unit: 's' },
    ],
    notes: [
      'queues are in memory and lost with the process; the tick finds what was accepted and not ' +
        'begun once it is 50 s old, and looks each minute.',
    ],
    details: { before, ...result },
  };
}
