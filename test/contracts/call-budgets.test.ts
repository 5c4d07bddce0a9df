import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumedUnits } from '../../lib/adapters/dynamodb/client.ts';
import { cachedLookups } from '../../lib/adapters/dynamodb/targets.ts';
import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { answersKept } from '../../lib/app/call-cache.ts';
import { callService } from '../../lib/app/call-service.ts';
import { CALLER, callWorld, links } from '../app/call-world.ts';
import { isMissing, type StandIn, startStandIn } from './stand-ins.ts';

const KIND = 'dynoxide';
const GET = { method: 'GET', path: '/items' };
const CALLS = 20;

describe.skipIf(isMissing(KIND))('what a function asks DynamoDB for calls that go well', () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startStandIn(KIND);
  });
  afterAll(() => standIn.stop());

  /** So many calls within a second; the operations that they took, and their units. */
  async function taken(more: object): Promise<readonly (readonly [string, number])[]> {
    const consumed: ConsumedUnits[] = [];
    const { stores } = await standIn.world({ onConsumed: (units) => consumed.push(units) });
    const world = callWorld();
    const made = await world.service('erp', more);
    await stores.integrations.create(made);
    const { integrations, breakers, answers, rateLimits, concurrencyLimits } = stores;
    const { deps, clock } = world;
    const by = {
      ...deps,
      ...{ breakers, answers, rateLimits, concurrencyLimits, answersKept: answersKept() },
      integrations: { ...integrations, ...cachedLookups(integrations, clock) },
      board: breakerBoard({ ...deps, breakers }),
    };
    consumed.splice(0);
    for (let i = 0; i < CALLS; i++) {
      // On the clock of the test, which stands still while DynamoDB answers.
      const asked = { integration: made.id, body: GET, seed: undefined };
      const { source } = await callService(by, { principal: CALLER }, asked);
      expect(source).toBe('primary');
      clock.advance(10);
    }
    return consumed.map(({ operation, units }) => [operation, units] as const);
  }

  it('are the integration once in two seconds, and the board once in five: nothing is written', async () => {
    const asked = await taken({});
    expect(asked.map(([operation]) => operation).toSorted()).toEqual(
      expect.arrayContaining(['GetItem', 'Query']),
    );
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(asked.filter(([operation]) => /^(Put|Update|Delete)/.test(operation))).toEqual([]);
  });

  it('are one small write more where answers are kept', async () => {
    const asked = await taken({ fallback: [links.cache(60)] });
    const writes = asked.filter(([operation]) => /^(Put|Update|Delete)/.test(operation));
    expect(writes).toEqual([['PutItem', 1]]);
  });
});
