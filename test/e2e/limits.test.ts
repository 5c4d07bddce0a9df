import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Drill, drillOn, type Endpoints, startEndpoints } from './outage-world.ts';

const PER_SECOND = 5;
const CONCURRENCY = 2;
/** Calls let go so long apart may arrive together where the machine is busy. */
const LATE_MS = 500;
const ANSWER_MS = 300;
const PAUSE_SECONDS = 10;
/** Then every function instance has seen that there is a pause. */
const SEEN_MS = 5_500;
const DELIVERIES = 30;
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
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
});

/** The most arrivals within any span of `ms`. */
function mostWithin(name: string, ms: number): number {
  const instants = endpoints.receiver.at(`/${name}`).map(({ atMs }) => atMs);
  return Math.max(
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + ms).length),
  );
}

const idsOf = (answers: readonly { readonly id: string }[]) => answers.map(({ id }) => id);

describe.concurrent('an integration with a limit', () => {
  it('of calls per second gets no more than that and a burst of one second, and gets all', async () => {
    await drill.register('slowly', { limits: { perSecond: PER_SECOND } });
    const ids = idsOf(await drill.publish('slowly', DELIVERIES));
    await endpoints.receiver.waitFor('/slowly', DELIVERIES, WAIT_MS);
    for (const ms of [1_000, 3_000]) {
      const letGo = PER_SECOND + (PER_SECOND * (ms + LATE_MS)) / 1_000;
      expect(mostWithin('slowly', ms)).toBeLessThanOrEqual(letGo);
    }
    expect(endpoints.taken('slowly').toSorted()).toEqual(ids.toSorted());
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
