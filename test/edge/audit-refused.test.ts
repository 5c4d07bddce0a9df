import { beforeEach, describe, expect, it } from 'vitest';
import { type HttpWorld, httpWorld } from './http-world.ts';

const OFF = { breaker: { enabled: false } };

let world: HttpWorld;
beforeEach(async () => {
  world = httpWorld();
  for (const name of ['erp', 'crm']) {
    const body = { name, endpoint: 'https://erp.example.com/in' };
    expect((await world.call('POST', '/v1/integrations', { body })).status).toBe(201);
  }
});

/** How a request ends, and what it leaves behind. */
async function outcomeOf(method: string, path: string, body?: object) {
  const { auditIntents, progress } = world.deps;
  const { put } = auditIntents;
  let begun = 0;
  auditIntents.put = async (intent) => {
    begun += 1;
    await put(intent);
  };
  const { status } = await world.call(method, path, body === undefined ? {} : { body });
  const { json } = await world.call('GET', '/v1/audit');
  expect(await auditIntents.oldest(9)).toEqual([]);
  return {
    status,
    begun,
    sweeps: (await progress.sweeps()).map(({ kind }) => kind),
    // Two were made before.
    entries: json.data
      .slice(0, -2)
      .map((entry: { action: string; outcome: string }) => `${entry.action} ${entry.outcome}`),
  };
}

const NOTHING = { begun: 0, sweeps: [], entries: [] };

describe('a refused change', () => {
  it.each(['PATCH', 'PUT'])('by %s lets nothing go for what it says of the breaker', async (by) => {
    const inward = { ...OFF, endpoint: 'http://127.0.0.1/' };
    const looped = {
      ...{ ...OFF, endpoint: 'https://erp.example.com/in' },
      fallback: [{ type: 'integration', integration: 'erp', on: ['exhausted'] }],
    };
    for (const body of [inward, looped]) {
      const path = '/v1/integrations/erp';
      expect(await outcomeOf(by, path, body)).toEqual({ status: 422, ...NOTHING });
    }
  });

  it('that has let go what the breaker held before it was refused is told of', async () => {
    const taken = { ...OFF, name: 'crm' };
    expect(await outcomeOf('PATCH', '/v1/integrations/erp', taken)).toMatchObject({
      status: 409,
      sweeps: ['release'],
      entries: ['integration.update failed'],
    });
  });

  it('is told of where a removal lost its races, having begun to cancel', async () => {
    world.deps.integrations.remove = async () => 'stale';
    expect(await outcomeOf('DELETE', '/v1/integrations/erp')).toMatchObject({
      status: 409,
      sweeps: ['cancel'],
      entries: ['integration.delete failed'],
    });
  });
});
