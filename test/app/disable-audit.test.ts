import { expect, it } from 'vitest';
import { disableIntegration } from '../../lib/app/disable-integration.ts';
import { createIntegration } from '../../lib/app/integrations.ts';
import { parseEntry } from '../../lib/domain/audit.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';
import type { FakeAuditTrail } from '../fakes/stores-audit.ts';

const ENDPOINT = 'https://erp.example.com/hooks';

async function made() {
  const world = registryWorld();
  const body = { name: 'erp', serviceType: 'webhook', endpoint: ENDPOINT };
  await createIntegration(world, { principal: ADMIN }, body);
  const erp = await world.integrations.byName('default', 'erp');
  if (erp === undefined) throw new Error('There is none.');
  const rows = (world.auditTrail as FakeAuditTrail).rows('default');
  const entries = () => [...rows.values()].map((text) => parseEntry(text));
  return { world, erp, entries };
}

it('an integration that its receiver disables is told of as done by the system, once', async () => {
  const { world, erp, entries } = await made();
  for (const _ of ['first', 'again']) {
    expect(await disableIntegration(world, erp, 410)).toBe(true);
  }
  expect(entries()).toMatchObject([
    {
      ...{ action: 'integration.disable', actor: { kind: 'system', name: 'deliver' } },
      ...{ resource: { id: erp.id, name: 'erp' }, before: { status: 'active', version: 1 } },
      after: { status: 'disabled', version: 2 },
    },
  ]);
});

it('of two that disable it at once one is told of', async () => {
  const { world, erp, entries } = await made();
  await Promise.all([disableIntegration(world, erp, 410), disableIntegration(world, erp, 410)]);
  expect(entries()).toHaveLength(1);
  expect(await world.auditIntents.oldest(9)).toEqual([]);
});
