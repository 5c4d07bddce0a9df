import { describe, expect, it } from 'vitest';
import { signHeads } from '../../lib/app/audit-digests.ts';
import { parseDigest } from '../../lib/domain/audit-digest.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';
import { auditWorld, HOUR_MS, never } from './audit-world.ts';

type World = ReturnType<typeof auditWorld>;

const digestsIn = ({ digests }: World) =>
  [...digests.texts.values()].map((text) => parseDigest(text));
const headsIn = (world: World) => digestsIn(world).map((digest) => digest?.heads);

describe('what is signed', () => {
  it('is where chains end that have grown, every five minutes, and the last ones every hour', async () => {
    const world = auditWorld();
    await world.tell('acme', 2);
    await world.tell('other', 1);
    await world.minutes(1);
    expect(headsIn(world)).toMatchObject([
      [
        { tenant: 'acme', seq: 2 },
        { tenant: 'other', seq: 1 },
      ],
    ]);
    await world.tell('acme', 1);
    await world.minutes(4);
    expect(digestsIn(world)).toHaveLength(1);
    await world.minutes(1);
    expect(headsIn(world)[1]).toMatchObject([{ tenant: 'acme', seq: 3 }]);
    await world.minutes(59);
    expect(digestsIn(world)).toHaveLength(2);
    await world.minutes(1);
    expect(headsIn(world)[2]).toEqual([]);
    expect((await world.verify()).ok).toBe(true);
  });

  it('is signed in several digests where many have grown, each head once', async () => {
    const world = auditWorld();
    const tenants = Array.from({ length: 2_500 }, (_, n) => `t${String(n).padStart(4, '0')}`);
    for (const tenant of tenants) await world.tell(tenant, 1);
    await world.minutes(1);
    const heads = headsIn(world);
    expect(heads.map((one) => one?.length)).toEqual([1_000, 1_000, 500]);
    expect(heads.flat().map((head) => head?.tenant)).toEqual(tenants);
    await world.minutes(6);
    expect(digestsIn(world)).toHaveLength(3);
    expect((await world.verify()).ok).toBe(true);
  });

  it('is signed once by two ticks at the same time', async () => {
    const world = auditWorld();
    await world.tell('acme', 1);
    await Promise.all([signHeads(world.deps, never), signHeads(world.deps, never)]);
    expect(digestsIn(world)).toHaveLength(1);
    expect((await world.verify()).ok).toBe(true);
  });

  it('is signed whole by the next tick where one was killed, before or after any of its calls', async () => {
    let points = 0;
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n < 30; n++) {
        const world = auditWorld();
        await world.tell('acme', 1);
        await world.tell('other', 1);
        const ports = ['auditTrail', 'auditDigests', 'digestSigner'] as const;
        const { deps, reached } = dyingAt(world.deps, ports, n, when);
        await untilDeath(signHeads({ ...deps, telemetry: world.deps.telemetry }, never));
        if (!reached()) break;
        points += 1;
        await world.minutes(6);
        expect(await world.deps.auditDigests.signed(), `${when} ${n}`).toMatchObject([
          { tenant: 'acme', seq: 1 },
          { tenant: 'other', seq: 1 },
        ]);
        expect((await world.verify()).ok, `${when} ${n}`).toBe(true);
      }
    }
    expect(points).toBeGreaterThan(12);
  });

  it('waits for KMS, tells of it after two hours, and says then all that has changed', async () => {
    const world = auditWorld();
    await world.tell('acme', 1);
    await world.minutes(1);
    world.key.digestKeyState.isDown = true;
    await world.tell('acme', 1);
    await world.minutes(119);
    expect(world.telemetry.counts.get('AuditDigestsLate')).toBeUndefined();
    await world.minutes(3);
    expect(world.telemetry.counts.get('AuditDigestsLate')).toBeGreaterThan(0);
    world.key.digestKeyState.isDown = false;
    await world.minutes(1);
    expect(headsIn(world)).toMatchObject([[{ seq: 1 }], [{ seq: 2 }]]);
    const { ok, digests } = await world.verify();
    expect(ok).toBe(false);
    expect(digests.gaps).toMatchObject([{ number: 2 }]);
    expect((await world.verify({ digest: digests.end })).ok).toBe(true);
  });

  it('is no head that its chain does not hold, nor one that leaves a signed one out', async () => {
    const world = auditWorld();
    await world.tell('acme', 3);
    await world.tell('fine', 1);
    world.trail.anchors.set('acme', { seq: 9, hash: 'f'.repeat(64) });
    await world.minutes(1);
    expect(headsIn(world)).toMatchObject([[{ tenant: 'fine' }]]);
    expect(world.telemetry.counts.get('AuditChainsBroken')).toBe(1);

    const other = auditWorld();
    await other.tell('acme', 3);
    await other.minutes(1);
    other.rewrite('acme', 2);
    await other.minutes(6);
    expect(digestsIn(other)).toHaveLength(1);
    expect(other.telemetry.counts.get('AuditChainsBroken')).toBeGreaterThan(0);
    const lines = other.telemetry.lines.filter(({ message }) => message === 'audit.broken');
    expect(lines[0]?.fields).toMatchObject({ tenant: 'acme', seq: 3 });
  });

  it('goes on after a clock that ran a day ahead; times never go back', async () => {
    const world = auditWorld();
    const ahead = { nowMs: () => world.clock.nowMs() + 24 * HOUR_MS };
    await world.tell('acme', 1);
    await signHeads({ ...world.deps, clock: ahead }, never);
    await world.tell('acme', 1);
    await world.minutes(1);
    expect(headsIn(world)).toMatchObject([[{ seq: 1 }], [{ seq: 2 }]]);
    expect(digestsIn(world)[1]?.at).toBe(digestsIn(world)[0]?.at);
    expect((await world.verify()).digests.problem).toBeNull();
  });

  it('stops in time', async () => {
    const world = auditWorld();
    await world.tell('acme', 1);
    await signHeads(world.deps, () => true);
    expect(digestsIn(world)).toEqual([]);
  });
});
