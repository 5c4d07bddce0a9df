import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { percentile, rounded } from '../statistics.ts';
import { apiClient, type Client, type Load, load, reached, steadily } from './client.ts';
import {
  type LocalProcess,
  type ReceiverProcess,
  startLocal,
  startReceiverProcess,
} from './processes.ts';

const BATCH = 10;
const WARM_UP = 60;
const STAGES = [
  { what: 'singly, 1 client', clients: 1, requests: 200, events: 1 },
  { what: 'singly, 8 clients', clients: 8, requests: 600, events: 1 },
  { what: 'in tens, 1 client', clients: 1, requests: 40, events: BATCH },
  { what: 'in tens, 8 clients', clients: 8, requests: 100, events: BATCH },
] as const;
const DELIVERIES = 2_000;
const LOW_RATE = { perSecond: 10, seconds: 20 };
const ARRIVED_SECONDS_MAX = 120;
/** What is still recorded after it arrived. */
const SETTLE_MS = 1_000;

interface Place {
  readonly local: LocalProcess;
  readonly receiver: ReceiverProcess;
  readonly client: Client;
}

/** How fast the local run accepts and delivers, with everything on this machine. */
export async function ratesSection(scratch: Scratch): Promise<Section> {
  const receiver = await startReceiverProcess(scratch, 0);
  const local = await startLocal(scratch, { home: await scratch.folder('home') });
  const client = apiClient(local);
  scratch.onEnd(async () => client.close());
  const place = { local, receiver, client };
  await client.addIntegration('bench', `${receiver.url}/bench`);
  await load(8, WARM_UP, () => client.publish());
  await allArrived(place, WARM_UP);

  const accepts: Row[] = [];
  for (const stage of STAGES) {
    const { clients, requests, events } = stage;
    const send = () => (events === 1 ? client.publish() : client.publishBatch(events));
    accepts.push(...acceptRows(stage, await load(clients, requests, send)));
    await allArrived(place, requests * events);
  }
  const delivered = await deliveryRows(place);
  const latency = await latencyRows(place);
  const failures = await local.child.call<readonly string[]>('failures');
  await local.stop();
  await receiver.stop();
  return {
    name: 'rates',
    rows: [...accepts, ...delivered, ...latency],
    notes: [
      'everything on one machine: API, functions as threads, tables on disk, queues, receiver and ' +
        'the callers themselves; each accept has one integration, and its deliveries go on meanwhile.',
    ],
    details: { failures },
  };
}

type Stage = (typeof STAGES)[number];

function acceptRows({ what, events }: Stage, { latenciesMs, seconds }: Load): readonly Row[] {
  const [p50, p95] = [0.5, 0.95].map((p) => rounded(percentile(latenciesMs, p), 1));
  const perSecond = Math.round((latenciesMs.length * events) / seconds);
  return [
    { what: `accept ${what}: latency`, figure: `${p50} / ${p95}`, unit: 'ms, p50 / p95' },
    { what: `accept ${what}: rate`, figure: perSecond, unit: 'events/s' },
  ];
}

/** From a backlog, as fast as it goes; the accepts are in the CPU seconds, since none is without. */
async function deliveryRows({ local, receiver, client }: Place): Promise<readonly Row[]> {
  await receiver.forget();
  const before = local.cpuSeconds();
  await load(8, DELIVERIES / BATCH, () => client.publishBatch(BATCH));
  await reached(DELIVERIES, receiver.count, ARRIVED_SECONDS_MAX);
  await sleep(SETTLE_MS);
  const after = local.cpuSeconds();
  const arrivals = await receiver.arrivals();
  requireAll(arrivals.length, DELIVERIES);
  const firstMs = Math.min(...arrivals.map(({ firstAtMs }) => firstAtMs));
  const lastMs = Math.max(...arrivals.map(({ firstAtMs }) => firstAtMs));
  const perSecond = Math.round(DELIVERIES / ((lastMs - firstMs) / 1_000));
  const rate = {
    what: `deliver ${DELIVERIES}, published in tens`,
    figure: perSecond,
    unit: 'deliveries/s',
  };
  if (before === undefined || after === undefined) return [rate];
  const perThousand = (seconds: number) => rounded(seconds / (DELIVERIES / 1_000));
  const own = perThousand(after.own - before.own);
  const tables = perThousand(after.children - before.children);
  const unit = `CPU s per 1,000 deliveries (API, functions, queues ${own}; tables ${tables})`;
  return [rate, { what: 'accept and deliver', figure: rounded(own + tables), unit }];
}

/** From just before the publish is sent to the arrival of its delivery, with little else to do. */
async function latencyRows({ receiver, client }: Place): Promise<readonly Row[]> {
  await receiver.forget();
  const sentAtMs = new Map<string, number>();
  await steadily(LOW_RATE.perSecond, LOW_RATE.seconds, async () => {
    const atMs = performance.timeOrigin + performance.now();
    sentAtMs.set(await client.publish(), atMs);
  });
  await reached(sentAtMs.size, receiver.count, ARRIVED_SECONDS_MAX);
  const arrivals = await receiver.arrivals();
  requireAll(arrivals.length, sentAtMs.size);
  const latencies = arrivals.map(({ id, firstAtMs }) => firstAtMs - (sentAtMs.get(id) ?? 0));
  const [p50, p95] = [0.5, 0.95].map((p) => rounded(percentile(latencies, p), 1));
  return [
    {
      what: `publish to arrival at ${LOW_RATE.perSecond}/s`,
      figure: `${p50} / ${p95}`,
      unit: 'ms, p50 / p95',
    },
  ];
}

async function allArrived({ receiver }: Place, wanted: number): Promise<void> {
  await reached(wanted, receiver.count, ARRIVED_SECONDS_MAX);
  requireAll(await receiver.count(), wanted);
  await sleep(SETTLE_MS);
  await receiver.forget();
}

function requireAll(arrived: number, wanted: number): void {
  if (arrived !== wanted) throw new Error(`${arrived} of ${wanted} deliveries arrived.`);
}
