import { describe, expect, it } from 'vitest';
import type { Integration } from '../../lib/domain/integration.ts';
import { breakerFor } from '../../lib/policies/breaker-for.ts';
import { breakerPolicyWorld } from './breaker-policy-world.ts';

async function namedWorld() {
  const world = await breakerPolicyWorld();
  const registry = { isGone: false, hangs: false };
  const deps = {
    ...world.deps,
    async integrationNamed(tenant: string, name: string): Promise<Integration | undefined> {
      if (registry.hangs) return await new Promise(() => {});
      if (registry.isGone) throw new Error('gone');
      return await world.integrations.byName(tenant, name);
    },
  };
  return { ...world, registry, named: (name: string) => breakerFor(deps, name, 'default') };
}

describe('a breaker by its integration’s name', () => {
  it('is the integration’s own', async () => {
    const world = await namedWorld();
    const erp = world.named('erp');
    for (let i = 0; i < 3; i++) await world.outcome(erp.run(world.down));
    expect(await world.state()).toBe('open');
    expect(await world.outcome(erp.run(async () => 'called'))).toMatchObject({ state: 'open' });
  });

  it('says so where nobody registered the name, and makes no call', async () => {
    const world = await namedWorld();
    let asked = 0;
    const run = world.named('crm').run(async () => {
      asked += 1;
    });
    await expect(run).rejects.toMatchObject({ name: 'RequestError', code: 'not-found' });
    expect(asked).toBe(0);
  });

  it('calls without a breaker while the registry was never read', async () => {
    const world = await namedWorld();
    world.registry.isGone = true;
    const erp = world.named('erp');
    for (let i = 0; i < 5; i++) await world.outcome(erp.run(world.down));
    expect(await erp.run(async () => 'called')).toBe('called');
    expect(await world.state()).toBe('closed');
    expect(world.telemetry.counts.get('BreakerStoreFailures')).toBe(6);
  });

  it('keeps the settings that it read last when the registry goes', async () => {
    const world = await namedWorld();
    const erp = world.named('erp');
    await erp.run(async () => 'called');
    world.registry.isGone = true;
    for (let i = 0; i < 3; i++) await world.outcome(erp.run(world.down));
    expect(await world.state()).toBe('open');
  });

  it('waits half a second for the registry at most, and keeps the call’s own timeout', async () => {
    const world = await namedWorld();
    world.registry.hangs = true;
    let begunAtMs = 0;
    const startMs = world.clock.nowMs();
    const running = world.named('erp').run(
      () => {
        begunAtMs = world.clock.nowMs();
        return new Promise(() => {});
      },
      { timeoutMs: 2_000 },
    );
    world.clock.advance(500);
    while (begunAtMs === 0) await new Promise(setImmediate);
    expect(begunAtMs - startMs).toBe(500);
    world.clock.advance(2_000);
    expect(await world.outcome(running)).toMatchObject({ name: 'DeadlineError' });
  });
});
