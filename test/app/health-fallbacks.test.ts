import { describe, expect, it } from 'vitest';
import { integrationHealth } from '../../lib/app/integration-health.ts';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import { halfOpened } from '../../lib/domain/breaker-transitions.ts';
import type { FallbackChain } from '../../lib/domain/fallback.ts';
import type { IntegrationId } from '../../lib/domain/ids.ts';
import { breakerWorld, CHAIN, ME } from './breaker-world.ts';

async function setUp(chain: (opsId: IntegrationId) => FallbackChain) {
  const world = breakerWorld();
  const ops = await world.register('ops');
  const erp = await world.withChain('erp', chain(ops.id));
  const health = async (deps = world.deps) => {
    const { status, reasons } = await integrationHealth(deps, ME, 'erp');
    return [status, ...reasons];
  };
  return { ...world, ops, erp, health };
}

const toOps = (integrationId: IntegrationId): FallbackChain => [
  { type: 'integration', integration: 'ops', integrationId, on: ['breaker-open'] },
];
const open = expect.stringMatching(/^The breaker is open until /);

describe('the health of an integration with fallbacks', () => {
  it('is degraded while a fallback takes what its open breaker keeps off', async () => {
    const { erp, open: opens, health } = await setUp(() => CHAIN);
    await opens(erp);
    expect(await health()).toEqual(['degraded', open, 'Deliveries go to fallback:1 meanwhile.']);
  });

  it('is down when the breaker of the only one that would is open too', async () => {
    const { erp, open: opens, health } = await setUp(() => CHAIN);
    await opens(erp);
    await opens(erp, 1);
    const shut = expect.stringMatching(/^The breaker of fallback:1 is open until /);
    expect(await health()).toEqual(['down', open, shut]);
  });

  it('counts on a fallback that may be probed, also while it is being probed itself', async () => {
    const { erp, open: opens, move, clock, health } = await setUp(() => CHAIN);
    await opens(erp);
    await opens(erp, 1);
    clock.advance(60_000);
    const cause = { nowMs: clock.nowMs(), reason: 'x', leaseMs: 20_000 };
    await move(erp, (breaker) => halfOpened(breaker, cause));
    const to = 'Deliveries go to fallback:1 meanwhile.';
    const waits = 'The breaker of fallback:1 is open and waits for a probe.';
    expect(await health()).toEqual(['degraded', 'The breaker is half-open: x', to, waits]);
  });

  it('is degraded by the open breaker of a fallback alone, whatever it is for', async () => {
    const { erp, open: opens, health } = await setUp(() => CHAIN);
    await opens(erp, 3);
    expect(await health()).toEqual([
      'degraded',
      expect.stringMatching(/^The breaker of fallback:3 is open until /),
    ]);
  });

  it('knows whether an integration that it links to takes deliveries now', async () => {
    const { deps, ops, erp, open: opens, health } = await setUp(toOps);
    await opens(erp);
    const to = 'Deliveries go to fallback:1 (integration ops) meanwhile.';
    expect(await health()).toEqual(['degraded', open, to]);
    await opens(ops);
    const shut = expect.stringMatching(/^The breaker of fallback:1 \(integration ops\) is open/);
    expect(await health()).toEqual(['down', open, shut]);
    const paused = await setUp(toOps);
    await paused.open(paused.erp);
    await pauseIntegration(paused.deps, ME, 'ops');
    expect(await paused.health()).toEqual(['down', open]);
    await deps.integrations.remove(ops);
    expect((await health())[0]).toBe('down');
  });

  it('does without the breakers of fallbacks where the settings switch them off', async () => {
    const { deps, erp, open: opens, health } = await setUp(() => CHAIN);
    await opens(erp, 1);
    const off = { ...erp, breaker: { ...erp.breaker, enabled: false } };
    await deps.integrations.save(off, 'erp');
    expect((await health())[0]).toBe('unknown');
  });

  it('is told from what stands now while its breaker is open, however old the board is', async () => {
    const { deps, erp, open: opens, health } = await setUp(() => CHAIN);
    await opens(erp);
    await opens(erp, 1);
    const board = { ...deps.board, sign: () => undefined };
    expect((await health({ ...deps, board }))[0]).toBe('down');
  });

  it('costs a look at the board where there is a chain, and nothing where there is none', async () => {
    for (const [chain, looks] of [
      [(id: IntegrationId) => [...CHAIN.slice(0, 1), ...toOps(id)], 1],
      [() => [], 0],
    ] as const) {
      const { deps, health, ops } = await setUp(chain);
      let [refreshed, read] = [0, 0];
      const board = { ...deps.board, refresh: async () => void refreshed++ };
      const byId: typeof deps.integrations.byId = async (id, tenant) => {
        if (id === ops.id) read++;
        return await deps.integrations.byId(id, tenant);
      };
      await health({ ...deps, board, integrations: { ...deps.integrations, byId } });
      expect([refreshed, read]).toEqual([looks, 0]);
    }
  });
});
