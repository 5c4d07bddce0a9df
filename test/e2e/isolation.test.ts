import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { breakerOf, type Drill, drillOn, type Endpoints, startEndpoints } from './outage-world.ts';

const INTEGRATIONS = 10;
const ROUNDS = 8;
const HANGING = 'hanging';
/** So long that nothing of it times out while the others get theirs. */
const TIMEOUT_SECONDS = 4;

let gateway: Gateway;
let endpoints: Endpoints;
let drill: Drill;

beforeAll(async () => {
  gateway = await startGateway();
  endpoints = await startEndpoints();
  drill = drillOn(gateway, endpoints);
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
});

it('nine that answer get theirs while a tenth hangs; it gets its own when it is back', async () => {
  const healthy = Array.from({ length: INTEGRATIONS - 1 }, (_, i) => `healthy-${i}`);
  for (const name of healthy) await drill.register(name);
  await drill.register(HANGING, {
    breaker: breakerOf(60),
    request: { timeoutSeconds: TIMEOUT_SECONDS },
  });
  endpoints.behave(HANGING, 'hang');

  const published = new Map([...healthy, HANGING].map((name) => [name, [] as string[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, ids] of published) ids.push((await drill.publish(name, 1))[0].id);
  }
  for (const name of healthy) await endpoints.receiver.waitFor(`/${name}`, ROUNDS);
  for (const name of healthy) {
    expect(endpoints.taken(name).toSorted()).toEqual(published.get(name)?.toSorted());
  }
  await drill.breakerThat(HANGING, 'open');
  const attempts = endpoints.receiver.at(`/${HANGING}`).length;
  // Its first ones, and retries of those that timed out before it opened; of the rest none.
  expect(attempts).toBeLessThanOrEqual(2 * ROUNDS);

  endpoints.behave(HANGING, 200);
  await drill.turn(HANGING, 'reset', { reason: 'it is back' });
  await until('the rest to arrive', () => endpoints.taken(HANGING).length >= ROUNDS, 60_000);
  expect(endpoints.taken(HANGING).toSorted()).toEqual(published.get(HANGING)?.toSorted());
});
