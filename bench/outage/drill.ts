import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../local/client.ts';
import type { Arrival } from '../receiver.ts';
import type { Place, Usage } from './place.ts';
import * as watch from './watch.ts';

/** What an outage drill is to be like. */
export interface Plan {
  readonly deliveries: number;
  /** The integration's limit. */
  readonly perSecond: number;
}

/** What was seen in it, phase by phase. */
export interface Drill {
  readonly plan: Plan;
  readonly hold: Hold;
  /** A tick before there was anything to do, and one with everything held. */
  readonly tickAtRest: Usage;
  readonly tickWhileHeld: Usage;
  readonly release: Usage;
  readonly second: Second;
  /** All that was accepted: what opened the breaker, and what was held. */
  readonly accepted: ReadonlySet<string>;
  /** Since the recovery. */
  readonly arrivals: readonly Arrival[];
  readonly times: readonly number[];
  readonly drainSeconds: number;
  readonly failures: readonly string[];
}

export interface Hold {
  /** Attempts until the breaker was open. */
  readonly opening: number;
  readonly usage: Usage;
  readonly requests: number;
  /** As the API lists them. */
  readonly held: readonly watch.Listed[];
}

/** The other side fails again in mid-drain. */
export interface Second {
  readonly takenBefore: number;
  readonly attempts: number;
  /** When it was at its end: still held, and waiting for a retry of their own. */
  readonly held: number;
  readonly waiting: number;
}

const BATCH = 100;
const MINUTE_MS = 60_000;
const CLIENTS = 2;
/** Enough to open it, and quickly: the drain aims at the rate of the calls before. */
const OPENING_EVENTS = 100;
/** Then every function instance has read the board once more. */
const BOARD_MS = 6_000;
/** The tick has compared these events with their deliveries. */
const COMPARED_MS = 55_000;
/** Published before there is any integration, to see how fast this machine is. */
const TRIAL_EVENTS = 1_000;
/** A held delivery is a second write, and the machine may become slower meanwhile. */
const SLOWER = 3;
const OPEN_SECONDS_MIN = 120;
const OPEN_SECONDS_MAX = 3_600;
const SECOND_OPEN_SECONDS = 10;
const OPENED_SECONDS_MAX = 120;
const DRAINED_SECONDS_MAX = 3_600;
/** Whatever comes twice would have come by then. */
const QUIET_MS = 4_000;

export async function runDrill(place: Place, plan: Plan): Promise<Drill> {
  const { client, run, receiver } = place;
  const openSeconds = await openSecondsFor(place, plan);
  await client.addIntegration(watch.NAME, receiver.url + watch.PATH, {
    eventTypes: ['invoice.*'],
    limits: { perSecond: plan.perSecond },
    retry: { schedule: Array.from({ length: 12 }, () => 10), jitter: 0 },
    breaker: { openSeconds, maxOpenSeconds: openSeconds },
  });
  // The first tick ever looks back over days, which no other does.
  await run.tick();
  await place.look();
  await run.tick();
  const tickAtRest = await place.look();

  const accepted = new Set<string>();
  const openUntilMs = await open(place, accepted);
  const hold = await holdAll(place, plan, accepted);
  watch.tell(`held; the open period ends in ${Math.round((openUntilMs - Date.now()) / 1_000)} s`);
  const tickWhileHeld = await waitOut(place, openUntilMs);

  await place.look();
  await receiver.forget();
  const startedMs = performance.now();
  const second = await drain(place, accepted.size);
  const drainSeconds = (performance.now() - startedMs) / 1_000;
  const release = await place.look();
  const [arrivals, times] = [await receiver.arrivals(), await receiver.times(watch.PATH)];
  return {
    ...{ plan, hold, tickAtRest, tickWhileHeld, release, second },
    ...{ accepted, arrivals, times, drainSeconds, failures: place.failures },
  };
}

/** The tick each minute; returns the cheapest: others still count again what was published. */
async function waitOut(place: Place, untilMs: number): Promise<Usage> {
  const ticks: Usage[] = [];
  do {
    await place.look();
    await place.run.tick();
    ticks.push(await place.look());
    await sleep(Math.max(Math.min(untilMs - Date.now(), MINUTE_MS), 0));
  } while (Date.now() < untilMs);
  return ticks.reduce((least, one) => (one.readUnits < least.readUnits ? one : least));
}

/** So long that everything is published while it is open. */
async function openSecondsFor({ client }: Place, { deliveries }: Plan): Promise<number> {
  const { seconds } = await load(CLIENTS, TRIAL_EVENTS / BATCH, () => client.publishBatch(BATCH));
  const needed = OPEN_SECONDS_MIN + (SLOWER * deliveries * seconds) / TRIAL_EVENTS;
  return Math.min(Math.ceil(needed), OPEN_SECONDS_MAX);
}

/**
 * Real deliveries fail until the breaker is open, and are held when their retries are due; returns
 * when the open period ends.
 */
async function open(place: Place, accepted: Set<string>): Promise<number> {
  await place.receiver.behave(watch.PATH, 'fail');
  for (const id of await place.client.publishBatch(OPENING_EVENTS)) accepted.add(id);
  const untilMs = await watch.waitFor('the breaker to open', OPENED_SECONDS_MAX, async () => {
    const { state, openUntil } = await watch.breakerOf(place.client);
    return state === 'open' ? Date.parse(openUntil ?? '') : undefined;
  });
  await sleep(BOARD_MS);
  await watch.waitFor('what opened it to be held', OPENED_SECONDS_MAX, async () =>
    (await watch.listed(place.client, 'held')).length === OPENING_EVENTS ? true : undefined,
  );
  return untilMs;
}

async function holdAll(place: Place, plan: Plan, accepted: Set<string>): Promise<Hold> {
  const { client, receiver, run } = place;
  const opening = (await receiver.times(watch.PATH)).length;
  await place.look();
  const ticks = watch.eachMinute(place);
  const published = new Set<string>();
  await load(CLIENTS, Math.ceil(plan.deliveries / BATCH), async () => {
    for (const id of await client.publishBatch(BATCH)) published.add(id);
    if (published.size % (BATCH * 50) === 0) watch.tell(`${published.size} published`);
  });
  await sleep(COMPARED_MS);
  await ticks.stop();
  await run.tick();
  const usage = await place.look();
  for (const id of published) accepted.add(id);
  return {
    opening,
    usage,
    requests: (await receiver.arrivals()).filter(({ id }) => published.has(id)).length,
    held: (await watch.listed(client, 'held')).filter(({ event }) => published.has(event)),
  };
}

/** Everything arrives, but for an outage in the middle. */
async function drain(place: Place, wanted: number): Promise<Second> {
  const { client, receiver } = place;
  const breaker = { openSeconds: SECOND_OPEN_SECONDS, maxOpenSeconds: SECOND_OPEN_SECONDS };
  await client.ask('PATCH', `/v1/integrations/${watch.NAME}`, { expect: 200, body: { breaker } });
  await receiver.behave(watch.PATH, 'well');
  const ticks = watch.eachMinute(place);
  await watch.taken(place, Math.floor(wanted / 2), DRAINED_SECONDS_MAX);

  await receiver.behave(watch.PATH, 'fail');
  await watch.waitFor('the breaker to open again', OPENED_SECONDS_MAX, async () =>
    (await watch.breakerOf(client)).state === 'open' ? true : undefined,
  );
  await sleep(QUIET_MS);
  const takenBefore = (await receiver.counts())[watch.PATH] ?? 0;
  const held = (await watch.listed(client, 'held')).length;
  const waiting = (await watch.listed(client, 'waiting')).length;
  watch.tell(`second outage: ${takenBefore} taken, ${held} held, ${waiting} waiting`);
  const attempts = (await receiver.arrivals()).reduce((sum, { refused }) => sum + refused, 0);
  await receiver.behave(watch.PATH, 'well');

  await watch.taken(place, wanted, DRAINED_SECONDS_MAX);
  await sleep(QUIET_MS);
  await ticks.stop();
  return { takenBefore, attempts, held, waiting };
}
