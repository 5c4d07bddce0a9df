import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { breakerOf, type Drill, drillOn, type Endpoints, startEndpoints } from './outage-world.ts';
import { isOfBreakers, type TableProxy, tableProxy, type Verdict } from './table-proxy.ts';

const HEALTHY = 10;

let gateway: Gateway;
let endpoints: Endpoints;
let drill: Drill;
let proxy: TableProxy;
/** What becomes of requests about breakers. */
let verdict: Verdict = 'pass';

beforeAll(async () => {
  proxy = tableProxy((input) => (isOfBreakers(input) ? verdict : 'pass'));
  endpoints = await startEndpoints();
  gateway = await startGateway({ tablesThrough: proxy.through, isFaulty: true });
  drill = drillOn(gateway, endpoints);
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
  await proxy.stop();
});

describe('breakers', () => {
  it('are as they were after a restart, and so is what they hold', async () => {
    await drill.register('kept', { breaker: breakerOf(600) });
    endpoints.behave('kept', 500);
    await drill.publish('kept', 3);
    await drill.breakerThat('kept', 'open');
    const ids = await drill.publishUntilHeld('kept');
    // A message that is on its way ends with the run; the tick would bring it back in minutes.
    await until('all to be held', async () => {
      return (await drill.deliveries('kept', 'held')).length === 3 + ids.length;
    });
    const { totals: _, ...before } = await drill.breaker('kept');
    await proxy.stop();
    await gateway.restart();
    expect(await drill.breaker('kept')).toMatchObject(before);
    const requests = endpoints.receiver.at('/kept').length;
    expect((await drill.publish('kept', 1))[0].deliveries).toMatchObject([{ status: 'held' }]);
    await gateway.run.tick();
    expect(endpoints.receiver.at('/kept')).toHaveLength(requests);
    endpoints.behave('kept', 200);
    await drill.turn('kept', 'reset');
    await until('all to arrive', () => {
      const taken = endpoints.taken('kept');
      return ids.every((id) => taken.includes(id)) && taken.length === ids.length + 4;
    });
  });

  it.each<Verdict>(['fail', 'hang'])(
    'that cannot be read or written (%s) keep nobody waiting, and lose nothing',
    async (broken) => {
      const [well, ill] = [`well-${broken}`, `ill-${broken}`];
      await drill.register(well);
      await drill.register(ill, { breaker: breakerOf(600) });
      endpoints.behave(ill, 500);
      verdict = broken;
      const before = proxy.kept();
      try {
        const failing = await drill.publish(ill, 3);
        const healthy = await drill.publish(well, HEALTHY);
        await endpoints.receiver.waitFor(`/${well}`, HEALTHY);
        // Its breaker would be open by now: without one, retries go on as scheduled.
        await endpoints.receiver.waitFor(`/${ill}`, 2 * failing.length);
        expect(proxy.kept()).toBeGreaterThan(before);
        endpoints.behave(ill, 200);
        await until('all to arrive', () => endpoints.taken(ill).length === failing.length);
        expect(endpoints.taken(well).toSorted()).toEqual(healthy.map(({ id }) => id).toSorted());
        await until('all to be recorded at their first attempt', async () => {
          const done = await drill.deliveries(well, 'delivered');
          return done.length === HEALTHY && done.every(({ attempts }) => attempts === 1);
        });
      } finally {
        verdict = 'pass';
      }
    },
  );
});
