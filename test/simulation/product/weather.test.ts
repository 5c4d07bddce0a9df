import { describe, expect, it } from 'vitest';
import { type Fault, listedFaults } from '../kernel/faults.ts';
import { simulate } from '../kernel/simulate.ts';
import type { ApiRequest } from './gateway.ts';
import { deployed } from './product.ts';
import { productWeather } from './weather.ts';

const LIST: ApiRequest = { method: 'GET', path: '/v1/integrations' };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** After how many minutes of the weather a request was answered 5xx; one is made each third. */
async function minutesDown(list: readonly Fault[], request: ApiRequest) {
  const down: number[] = [];
  const { failure } = await simulate(
    { seed: 1, faults: listedFaults(list), forMs: 3 * HOUR_MS },
    (simulation) => {
      const product = deployed(simulation, { receivers: [] });
      productWeather(product, { everyMs: HOUR_MS });
      for (let minute = 2; minute < 60; minute += 3) {
        const caller = simulation.spawn(`caller-${minute}`);
        const ask = () => product.request(caller, request);
        simulation.world.clock.after(HOUR_MS + minute * MINUTE_MS, () =>
          caller.start(ask, (outcome) => {
            if (outcome.kind === 'failed' || outcome.value.status >= 500) down.push(minute);
          }),
        );
      }
    },
  );
  expect(failure).toBeUndefined();
  return down;
}

describe('the weather over the product', () => {
  it.each<[string, string, string, readonly number[]]>([
    ['leaves it without tables for minutes', 'tables', 'dynamodb-down', [2, 5]],
    ['leaves it without the key of its tables for minutes', 'tables', 'kms-down', [2, 5]],
    [
      'leaves a function without concurrency for most of an hour',
      ...(['lambda/api', 'lambda-off'] as const),
      Array.from({ length: 15 }, (_, n) => 3 * n + 2).filter((minute) => minute < 45),
    ],
  ])('%s', async (_, place, kind, minutes) => {
    const faults = [{ at: `${place}#1`, kind, amount: 0.95 }];
    expect(await minutesDown(faults, LIST)).toEqual(
      minutes.filter((minute) => kind !== 'lambda-off' || minute < 0.95 * 45),
    );
  });

  it('leaves it without secrets for minutes: only what needs one is refused', async () => {
    const faults = [{ at: 'secrets#1', kind: 'secrets-out', amount: 0.95 }];
    expect(await minutesDown(faults, LIST)).toEqual([2, 5, 8, 11, 14]);
    expect(await minutesDown(faults, { method: 'GET', path: '/health/live' })).toEqual([]);
  });
});
