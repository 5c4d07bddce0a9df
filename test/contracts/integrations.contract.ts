import { describe, expect, it } from 'vitest';
import { integration } from './fixtures.ts';
import { namedContract } from './named.contract.ts';
import type { MakeWorld } from './stand-ins.ts';

/** What every implementation of `Integrations` and `Targets` promises. */
export function integrationsContract(make: MakeWorld): void {
  namedContract(make, (stores) => stores.integrations, integration);

  describe('routes', () => {
    it('hold all of the tenant and nothing of others', async () => {
      const { stores } = await make();
      await stores.integrations.create(integration(1, { status: 'paused' }));
      await stores.integrations.create(integration(2, { tenant: 'other' }));
      expect(await stores.integrations.routes('default')).toEqual([
        {
          id: integration(1).id,
          name: 'billing-1',
          eventTypes: ['invoice.*'],
          status: 'paused',
          breaker: { enabled: true },
          diverts: false,
        },
      ]);
      expect(await stores.integrations.routes('nobody')).toEqual([]);
    });

    it('show a change of another process to the very next call', async () => {
      const { stores, another } = await make();
      const writer = another().integrations;
      const names = async () => {
        const routes = await stores.integrations.routes('default');
        return routes.map((route) => `${route.name} ${route.status}`).sort();
      };
      expect(await names()).toEqual([]);
      await writer.create(integration(1));
      expect(await names()).toEqual(['billing-1 active']);
      await writer.create(integration(2));
      expect(await names()).toEqual(['billing-1 active', 'billing-2 active']);
      await writer.save(integration(1, { status: 'paused' }), 'billing-1');
      expect(await names()).toEqual(['billing-1 paused', 'billing-2 active']);
      await writer.remove(integration(2));
      expect(await names()).toEqual(['billing-1 paused']);
    });

    it('hold every integration created before the call, however many are created at once', async () => {
      const { stores, another } = await make();
      const writer = another().integrations;
      const missing = await Promise.all(
        Array.from({ length: 12 }, async (_, n) => {
          await writer.create(integration(n));
          const routes = await stores.integrations.routes('default');
          return routes.every((route) => route.id !== integration(n).id);
        }),
      );
      expect(missing).not.toContain(true);
    });
  });

  it('remembers tenants, those without integrations left too', async () => {
    const { stores } = await make();
    await stores.integrations.create(integration(1));
    await stores.integrations.create(integration(2, { tenant: 'other' }));
    await stores.integrations.remove(integration(2, { tenant: 'other' }));
    expect([...(await stores.integrations.tenants())].sort()).toEqual(['default', 'other']);
  });

  describe('targets', () => {
    it('are the integrations of that tenant, at most two seconds old', async () => {
      const { stores, another, clock } = await make();
      await stores.integrations.create(integration(1));
      expect(await stores.targets.get('default', integration(1).id)).toEqual(integration(1));
      expect(await stores.targets.get('other', integration(1).id)).toBeUndefined();
      await another().integrations.save(integration(1, { status: 'paused' }), 'billing-1');
      clock.advance(2_000);
      expect((await stores.targets.get('default', integration(1).id))?.status).toBe('paused');
    });
  });
}
