import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Drill, drillOn, type Endpoints, startEndpoints } from './outage-world.ts';

/** So few that a busy machine publishes several times as many. */
const PER_SECOND = 2;
const CONCURRENCY = 2;
/** Attempts given leave so long apart may begin together where the machine is busy. */
const LATE_MS = 2_000;
/** A drain may use up so much of the rate in advance, so that live traffic leaves it some. */
const AHEAD_MS = 500;
const ANSWER_MS = 300;
const PAUSE_SECONDS = 10;
/** Then every function instance has seen that there is a pause. */
const SEEN_MS = 5_500;
const DELIVERIES = 24;
/** What comes out of turn waits for the drain's next round. */
const WAIT_MS = 80_000;

let gateway: Gateway;
let endpoints: Endpoints;
let drill: Drill;
let under = 0;
let most = 0;

beforeAll(async () => {
  gateway = await startGateway();
  endpoints = await startEndpoints(async ({ path }, _nth, response) => {
    if (path === '/narrow') {
      under += 1;
      most = Math.max(most, under);
      await sleep(ANSWER_MS);
      under -= 1;
    }
    if (response.statusCode === 429) response.setHeader('retry-after', `${PAUSE_SECONDS}`);
    response.end();
  });
  drill = drillOn(gateway, endpoints);
  // From now on nothing is a first time: what there is leave for comes at once.
  await drill.register('warm');
  await drill.publish('warm', 1);
  await endpoints.receiver.waitFor('/warm');
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
});

/** When each attempt at the deliveries began, the first one first. */
async function startsOf(ids: readonly string[]): Promise<readonly number[]> {
  const starts: number[] = [];
  for (const id of ids) {
    const { attempts } = await until(`${id} to be recorded as delivered`, async () => {
      const { json } = await gateway.call('GET', `/v1/deliveries/${id}`);
      return json.status === 'delivered' && json;
    });
    starts.push(...attempts.map(({ startedAt }: Json) => Date.parse(startedAt)));
  }
  return starts.sort((a, b) => a - b);
}

/** The attempts there is leave for within so long, that of the burst included. */
const letGo = (ms: number) => PER_SECOND + (PER_SECOND * ms) / 1_000;

/** The most of the instants within any span of `ms`. */
function mostWithin(instants: readonly number[], ms: number): number {
  return Math.max(
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + ms).length),
  );
}

const idsOf = (answers: readonly { readonly id: string }[]) => answers.map(({ id }) => id);

describe.concurrent('an integration with a limit', () => {
  it('of calls per second gets no more than that and a burst of one second, and gets all', async () => {
    await drill.register('slowly', { limits: { perSecond: PER_SECOND } });
    const publishedMs = Date.now();
    const answers = await drill.publish('slowly', DELIVERIES);
    await endpoints.receiver.waitFor('/slowly', DELIVERIES, WAIT_MS);
    const starts = await startsOf(answers.flatMap(({ deliveries }) => idsOf(deliveries)));
    expect(starts).toHaveLength(DELIVERIES);
    // However late each of them is, none is before there was leave for so many.
    for (const [nth, atMs] of starts.entries()) {
      expect(nth + 1).toBeLessThanOrEqual(letGo(atMs - publishedMs + AHEAD_MS));
    }
    for (const ms of [1_000, 3_000]) {
      expect(mostWithin(starts, ms)).toBeLessThanOrEqual(letGo(ms + LATE_MS));
    }
    expect(endpoints.taken('slowly').toSorted()).toEqual(idsOf(answers).toSorted());
    expect((await drill.breaker('slowly')).state).toBe('closed');
  });

  it('of calls at the same time never has more of them, and gets all', async () => {
    await drill.register('narrow', { limits: { concurrency: CONCURRENCY } });
    const ids = idsOf(await drill.publish('narrow', DELIVERIES));
    await endpoints.receiver.waitFor('/narrow', DELIVERIES, WAIT_MS);
    expect(most).toBe(CONCURRENCY);
    expect(endpoints.taken('narrow').toSorted()).toEqual(ids.toSorted());
  });

  it('that asks for a pause by 429 gets one, and its breaker stays closed', async () => {
    await drill.register('busy', { breaker: { minimumCalls: 1, consecutiveFailures: 1 } });
    endpoints.behave('busy', 429);
    const ids = idsOf(await drill.publish('busy', 1));
    const [first] = await endpoints.receiver.waitFor('/busy');
    endpoints.behave('busy', 200);
    await sleep(SEEN_MS);
    ids.push(...idsOf(await drill.publish('busy', 5)));
    await endpoints.receiver.waitFor('/busy', 1 + ids.length, WAIT_MS);
    const [, second] = endpoints.receiver.at('/busy');
    const pausedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
    expect(pausedMs).toBeGreaterThanOrEqual(PAUSE_SECONDS * 1_000 - 500);
    expect(endpoints.taken('busy').toSorted()).toEqual(ids.toSorted());
    expect((await drill.breaker('busy')).state).toBe('closed');
    expect(await drill.history('busy')).toEqual([]);
  });

  it('is paused, told 410 and resumed, and loses nothing of what came meanwhile', async () => {
    await drill.register('gone');
    const ids = idsOf(await drill.publish('gone', 2));
    await endpoints.receiver.waitFor('/gone', 2);
    const act = (action: string) => gateway.call('POST', `/v1/integrations/gone/${action}`);
    await act('pause');
    ids.push(...idsOf(await drill.publish('gone', 3)));
    endpoints.behave('gone', 410);
    await act('resume');
    await gateway.run.tick();
    await until('it to be disabled', async () => {
      return (await gateway.call('GET', '/v1/integrations/gone')).json.status === 'disabled';
    });
    ids.push(...idsOf(await drill.publish('gone', 3)));
    const attempted = endpoints.receiver.at('/gone').length - 2;
    expect(attempted).toBeGreaterThan(0);
    endpoints.behave('gone', 200);
    await act('resume');
    await gateway.run.tick();
    await until('all to arrive', () => endpoints.taken('gone').length >= ids.length, WAIT_MS);
    expect(endpoints.taken('gone').toSorted()).toEqual(ids.toSorted());
  });
});
