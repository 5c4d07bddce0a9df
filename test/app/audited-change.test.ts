import { describe, expect, it } from 'vitest';
import { type Audit, auditLog } from '../../lib/app/audit.ts';
import { recording } from '../../lib/app/audit-recorder.ts';
import { verifyAudit } from '../../lib/app/audit-verify.ts';
import {
  audited,
  type ChangeAuditDeps,
  completeIntents,
  INTERRUPTED_MS,
} from '../../lib/app/audited-change.ts';
import { createIntegration, patchIntegration } from '../../lib/app/integrations.ts';
import { type AuditEntry, parseEntry } from '../../lib/domain/audit.ts';
import { RequestError } from '../../lib/domain/errors.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';
import { ADMIN, refusalOf, registryWorld } from '../fakes/registry-world.ts';
import { type FakeAuditTrail, fakeDigestKey } from '../fakes/stores-audit.ts';

const CALLER = { principal: ADMIN };
const ACTOR = { kind: 'key', keyId: ADMIN.keyId, name: ADMIN.name } as const;
const ENDPOINT = 'https://erp.example.com/hooks';
const never = () => false;

type World = ReturnType<typeof registryWorld>;

async function made(): Promise<World> {
  const world = registryWorld();
  await createIntegration(world, CALLER, {
    name: 'erp',
    serviceType: 'webhook',
    endpoint: ENDPOINT,
  });
  return world;
}

/** A change of the integration as the API makes it. */
function patch(deps: World, description: string, tenant = 'default') {
  const { stores, recorder } = recording(deps);
  return audited(deps, {
    asked: {
      ...{ tenant, actor: ACTOR, action: 'integration.update', requestId: 'request-1' },
      resource: { kind: 'integration', id: null, name: 'erp' },
    },
    work: () => patchIntegration(stores, CALLER, 'erp', { description }),
    recorded: () => recorder.of('integration')[0],
  });
}

function entriesOf({ auditTrail }: Pick<World, 'auditTrail'>, tenant = 'default'): AuditEntry[] {
  const rows = (auditTrail as FakeAuditTrail).rows(tenant);
  return [...rows.values()].flatMap((text) => parseEntry(text) ?? []);
}

async function described({ integrations }: World): Promise<string | undefined> {
  return (await integrations.byName('default', 'erp'))?.description;
}

const { digestKey } = fakeDigestKey(0);

async function expectWhole(world: World): Promise<void> {
  const { chains } = await verifyAudit({ ...world, digestKey }, CALLER, {}, undefined);
  expect(chains.filter(({ problem }) => problem !== null)).toEqual([]);
}

describe('an audited change', () => {
  it('has an entry that says how it was, how it is, who did it and from where', async () => {
    const world = await made();
    await patch(world, 'changed');
    expect(entriesOf(world)).toMatchObject([
      {
        ...{ seq: 1, action: 'integration.update', actor: ACTOR, outcome: 'succeeded' },
        resource: { kind: 'integration', name: 'erp' },
        before: { description: '', version: 1 },
        after: { description: 'changed', version: 2, secretsChanged: [] },
      },
    ]);
    expect(await world.auditIntents.oldest(9)).toEqual([]);
    await expectWhole(world);
  });

  it('is not made when it cannot be noted before, and the caller may try again', async () => {
    const world = await made();
    const down = async () => {
      throw new Error('down');
    };
    for (const broken of [
      { ...world, auditIntents: { ...world.auditIntents, put: down } },
      { ...world, auditTrail: { ...world.auditTrail, end: down } },
    ]) {
      expect((await refusalOf(patch(broken, 'changed'))).code).toBe('unavailable');
    }
    expect(await described(world)).toBe('');
    expect(entriesOf(world)).toEqual([]);
  });

  it('is told of once: killed before and after each of its calls, the tick adds what is missing', async () => {
    let points = 0;
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n < 60; n++) {
        const world = await made();
        const ports = ['auditTrail', 'auditIntents', 'integrations', 'healthChecks'] as const;
        const { deps, reached } = dyingAt(world, ports, n, when);
        await untilDeath(patch(deps, 'changed').catch(onlyDeath));
        if (!reached()) break;
        points += 1;
        world.clock.advance(INTERRUPTED_MS + 1);
        await Promise.all([completeIntents(world, never), completeIntents(world, never)]);
        const entries = entriesOf(world);
        const wasStored = (await described(world)) === 'changed';
        expect(entries.length, `${when} ${n}`).toBeLessThanOrEqual(1);
        if (wasStored) expect(entries, `${when} ${n}`).toHaveLength(1);
        expect(await world.auditIntents.oldest(9)).toEqual([]);
        await expectWhole(world);
      }
    }
    expect(points).toBeGreaterThan(15);
  });

  it('is completed by a tick that is killed itself, by the next one', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n < 20; n++) {
        const world = await made();
        const append = async () => {
          throw new Error('down');
        };
        await patch({ ...world, auditTrail: { ...world.auditTrail, append } }, 'changed');
        expect(entriesOf(world)).toEqual([]);
        world.clock.advance(INTERRUPTED_MS + 1);
        const { deps, reached } = dyingAt(world, ['auditTrail', 'auditIntents'], n, when);
        await untilDeath(completeIntents(deps, never));
        await completeIntents(world, never);
        // The request has told how it ended, though it could not reach the chain.
        expect(entriesOf(world)).toMatchObject([{ outcome: 'succeeded', after: { version: 2 } }]);
        await expectWhole(world);
        if (!reached()) break;
      }
    }
  });

  it('leaves no entry when it is refused, and one when it breaks down', async () => {
    const world = await made();
    const asked = { tenant: 'default', actor: ACTOR, action: 'x.y' };
    const change = (error: Error) =>
      audited(world, {
        asked: { ...asked, resource: { kind: 'x', id: null, name: null } },
        work: () => Promise.reject(error),
        recorded: () => undefined,
      });
    await expect(change(new RequestError('invalid', 'No.'))).rejects.toThrow('No.');
    expect(entriesOf(world)).toEqual([]);
    await expect(change(new Error('broken'))).rejects.toThrow('broken');
    expect(entriesOf(world)).toMatchObject([{ action: 'x.y', outcome: 'failed' }]);
    expect(await world.auditIntents.oldest(9)).toEqual([]);
  });

  it('goes to the chain of what was changed, though another was thought of', async () => {
    const world = await made();
    for (const dies of [false, true]) {
      const { deps } = dyingAt(world, ['auditTrail'], dies ? 3 : 99, 'after');
      await untilDeath(patch(deps, `changed ${dies}`, 'other').catch(onlyDeath));
      world.clock.advance(INTERRUPTED_MS + 1);
      await completeIntents(world, never);
    }
    expect(entriesOf(world, 'other')).toEqual([]);
    expect(entriesOf(world).map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
    await expectWhole(world);
  });

  it('that was taken for dead tells once more what became of it', async () => {
    const world = await made();
    const frozen: ChangeAuditDeps = world;
    await audited(frozen, {
      asked: {
        ...{ tenant: 'default', actor: ACTOR, action: 'x.y' },
        resource: { kind: 'x', id: null, name: null },
      },
      async work() {
        world.clock.advance(INTERRUPTED_MS + 1);
        await completeIntents(world, never);
      },
      recorded: () => undefined,
    });
    const entries = entriesOf(world);
    expect(entries.map(({ outcome }) => outcome)).toEqual(['interrupted', 'succeeded']);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(2);
    await expectWhole(world);
  });
});

describe('the verification', () => {
  const filled = async () => {
    const world = await made();
    const audit: Audit = auditLog(world);
    for (let n = 0; n < 8; n++) {
      await audit.event({
        ...{ tenant: 'acme', actor: { kind: 'address', address: '203.0.113.9' } },
        ...{ action: 'auth.locked-out', outcome: 'refused' },
        resource: { kind: 'address', id: '203.0.113.9', name: null },
      });
    }
    const rows = (world.auditTrail as FakeAuditTrail).rows('acme');
    const verdict = async (noted?: { seq: number; hash: string }) => {
      const caller = { principal: ADMIN, tenant: 'acme' };
      const deps = { ...world, digestKey };
      return (await verifyAudit(deps, caller, { head: noted }, undefined)).chains[0];
    };
    return { world, rows, verdict };
  };

  it('finds a chain whose end was cut off, though it goes on since then', async () => {
    const { world, rows, verdict } = await filled();
    const noted = await world.auditTrail.anchor('acme');
    for (const place of [7, 8]) rows.delete(place);
    expect((await verdict())?.problem).toMatchObject({ seq: 7, kind: 'truncated' });
    for (let n = 0; n < 3; n++) {
      await auditLog(world).event({
        ...{ tenant: 'acme', actor: ACTOR, action: 'x.y', outcome: 'succeeded' },
        resource: { kind: 'x', id: null, name: null },
      });
    }
    expect((await verdict())?.problem).toMatchObject({ seq: 8, kind: 'rewritten' });
    // Who spoils the anchor too is found by a head that was noted elsewhere.
    const { seq, hash } = await world.auditTrail.end('acme');
    (world.auditTrail as FakeAuditTrail).anchors.set('acme', { seq, hash });
    expect((await verdict())?.problem).toBeNull();
    expect((await verdict(noted))?.problem).toMatchObject({ seq: 8, kind: 'rewritten' });
    expect(world.telemetry.lines.filter(({ message }) => message === 'audit.broken')).not.toEqual(
      [],
    );
  });

  it('finds a chain that was removed whole', async () => {
    const { rows, verdict } = await filled();
    rows.clear();
    expect((await verdict())?.problem).toMatchObject({ seq: 1, kind: 'truncated' });
  });

  it('goes on when an entry is spoiled: changes must not be stopped by it', async () => {
    const { world, rows, verdict } = await filled();
    rows.set(8, 'spoiled');
    await auditLog(world).event({
      ...{ tenant: 'acme', actor: ACTOR, action: 'x.y', outcome: 'succeeded' },
      resource: { kind: 'x', id: null, name: null },
    });
    expect(rows.size).toBe(9);
    expect((await verdict())?.problem).toMatchObject({ seq: 8, kind: 'edited' });
  });

  it('tells the logs of every head', async () => {
    const { world } = await filled();
    const lines = world.telemetry.lines.filter(({ message }) => message === 'audit.appended');
    expect(lines.map(({ fields }) => fields.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { seq, hash } = (await world.auditTrail.anchor('acme')) ?? {};
    expect(lines.at(-1)?.fields).toMatchObject({ seq, hash });
  });
});

/** A request that dies after its intent was stored is refused nothing: nobody is there to ask. */
function onlyDeath(error: unknown): void {
  if (error instanceof RequestError && error.code === 'unavailable') return;
  throw error;
}
