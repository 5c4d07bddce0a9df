import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival } from '../receiver.ts';
import { atMost, exactly, type Row, type Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { percentile, rounded } from '../statistics.ts';
import { apiClient, type Client, reached, steadily } from './client.ts';
import { type Hanging, hangingOf } from './hanging.ts';
import { type ReceiverProcess, startLocal, startReceiverProcess } from './processes.ts';

const INTEGRATIONS = 10;
const HANGING = 'to-9';
const LOAD = { perSecond: 20, seconds: 60 };
/** To the healthy ones alone: what a cold function takes is not what is measured. */
const WARM_UP = { perSecond: 20, seconds: 5 };
const ARRIVED_SECONDS_MAX = 180;
const SETTLE_MS = 1_000;
/** Of the design: with one that hangs the others wait at most twice as long. */
const RATIO_MAX = 2;

/** What nine integrations notice of a tenth that takes connections and never answers. */
export async function isolationSection(scratch: Scratch): Promise<Section> {
  const without = await measure(scratch, { hangs: false });
  const beside = await measure(scratch, { hangs: true });
  const ratio = rounded(beside.p95Ms / without.p95Ms);
  return {
    name: 'isolation',
    rows: [
      ...latencyRows('all ten answer', without),
      ...latencyRows('one never answers', beside),
      { what: 'p95 beside it', figure: ratio, unit: 'times', budget: atMost(ratio, RATIO_MAX) },
      ...hangingRows(beside),
    ],
    notes: [
      `${INTEGRATIONS} integrations, each with its own event type; ${LOAD.perSecond} events/s for ` +
        `${LOAD.seconds} s in turn; latency of the nine that answer, from just before the publish ` +
        'is sent to the arrival. Each run has a home of its own, and a warm-up.',
    ],
    details: { without, beside },
  };
}

interface Measured {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** Of the nine. */
  readonly published: number;
  readonly arrived: number;
  readonly twice: number;
  /** By the second in which they were published. */
  readonly worstMsBySecond: readonly number[];
  readonly hanging: Hanging;
  readonly failures: readonly string[];
}

async function measure(scratch: Scratch, { hangs }: { hangs: boolean }): Promise<Measured> {
  const receiver = await startReceiverProcess(scratch, 0);
  const local = await startLocal(scratch, { home: await scratch.folder('home') });
  const client = apiClient(local);
  scratch.onEnd(async () => client.close());
  const names = Array.from({ length: INTEGRATIONS }, (_, i) => `to-${i}`);
  for (const name of names) {
    await client.addIntegration(name, `${receiver.url}/${name}`, { eventTypes: [name] });
  }
  const healthy = names.filter((name) => name !== HANGING);
  await publishInTurn(client, healthy, WARM_UP);
  await reached(WARM_UP.perSecond * WARM_UP.seconds, receiver.count, ARRIVED_SECONDS_MAX);
  await sleep(SETTLE_MS);
  await receiver.forget();

  if (hangs) await receiver.behave(`/${HANGING}`, 'hang');
  const beganMs = now();
  const sent = await publishInTurn(client, names, LOAD);
  const hanging = await hangingOf({ client, receiver, name: HANGING, beganMs });
  const toHealthy = sent.filter(({ name }) => name !== HANGING);
  await reached(toHealthy.length, () => arrivedAt(receiver, healthy), ARRIVED_SECONDS_MAX);
  const arrivals = (await receiver.arrivals()).filter(({ path }) => path !== `/${HANGING}`);
  const failures = await local.child.call<readonly string[]>('failures');
  await local.stop();
  await receiver.stop();

  return {
    ...waitsOf(toHealthy, arrivals, beganMs),
    published: toHealthy.length,
    twice: arrivals.filter(({ times }) => times > 1).length,
    hanging,
    failures,
  };
}

interface Sent {
  readonly name: string;
  readonly id: string;
  readonly atMs: number;
}

async function publishInTurn(
  client: Client,
  names: readonly string[],
  { perSecond, seconds }: typeof LOAD,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  let turn = 0;
  await steadily(perSecond, seconds, async () => {
    const name = names[turn++ % names.length] ?? '';
    const atMs = now();
    sent.push({ name, id: await client.publish(name), atMs });
  });
  return sent;
}

/** From just before each publish to the arrival of its delivery. */
function waitsOf(sent: readonly Sent[], arrivals: readonly Arrival[], beganMs: number) {
  const byId = new Map(arrivals.map((arrival) => [arrival.id, arrival]));
  const waits = sent.flatMap(({ id, atMs }) => {
    const arrival = byId.get(id);
    return arrival === undefined ? [] : [{ atMs, waitedMs: arrival.firstAtMs - atMs }];
  });
  const all = waits.map(({ waitedMs }) => waitedMs);
  const within = (second: number) =>
    waits.filter(({ atMs }) => Math.floor((atMs - beganMs) / 1_000) === second);
  return {
    arrived: waits.length,
    p50Ms: rounded(percentile(all, 0.5), 1),
    p95Ms: rounded(percentile(all, 0.95), 1),
    maxMs: rounded(Math.max(...all), 1),
    worstMsBySecond: Array.from({ length: LOAD.seconds }, (_, second) =>
      Math.round(Math.max(0, ...within(second).map(({ waitedMs }) => waitedMs))),
    ),
  };
}

async function arrivedAt(receiver: ReceiverProcess, names: readonly string[]): Promise<number> {
  const counts = await receiver.counts();
  return names.reduce((total, name) => total + (counts[`/${name}`] ?? 0), 0);
}

function latencyRows(what: string, measured: Measured): readonly Row[] {
  const { p50Ms, p95Ms, maxMs, published, arrived } = measured;
  return [
    {
      what: `${what}: publish to arrival`,
      figure: `${p50Ms} / ${p95Ms} / ${maxMs}`,
      unit: 'ms, p50 / p95 / worst',
    },
    {
      what: `${what}: arrived`,
      figure: arrived,
      unit: 'to the nine',
      budget: exactly(arrived, published),
    },
  ];
}

function hangingRows({ hanging }: Measured): readonly Row[] {
  const published = (LOAD.perSecond * LOAD.seconds) / INTEGRATIONS;
  const { requests, openedAfterSeconds, held } = hanging;
  return [
    { what: 'requests the hanging one got', figure: requests, unit: `for ${published} events` },
    { what: 'its breaker opened after', figure: openedAfterSeconds ?? 'never', unit: 's' },
    { what: 'held for it at the end', figure: held, unit: 'deliveries' },
  ];
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
