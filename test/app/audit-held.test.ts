import { describe, expect, it } from 'vitest';
import { auditLog } from '../../lib/app/audit.ts';
import { LOOKED_MAX, lookAtSigned } from '../../lib/app/audit-held.ts';
import { EMPTY_CHAIN, entryAfter, entryText, parseEntry } from '../../lib/domain/audit.ts';
import { auditWorld, MINUTE_MS, never } from './audit-world.ts';

type World = ReturnType<typeof auditWorld>;

/** A chain of twenty, signed. */
async function signedWorld(): Promise<World> {
  const world = auditWorld();
  await world.tell('fine', 2);
  await world.tell('acme', 20);
  await world.minutes(6);
  expect(world.digests.notes.get('acme')?.seq).toBe(20);
  return world;
}

const alarms = ({ telemetry }: World) => telemetry.counts.get('AuditChainsBroken') ?? 0;
const broken = ({ telemetry }: World) =>
  telemetry.lines.flatMap(({ message, fields }) => (message === 'audit.broken' ? [fields] : []));
const cut = ({ trail }: World) => {
  for (let seq = 3; seq <= 20; seq++) trail.rows('acme').delete(seq);
};

describe('an alarm without anybody asking, within five minutes, where somebody', () => {
  const ways: readonly (readonly [string, (world: World) => unknown])[] = [
    ['cut a chain below what is signed of it', cut],
    [
      'took its head away too',
      (world) => {
        cut(world);
        world.trail.anchors.delete('acme');
      },
    ],
    [
      'moved its head back too',
      (world) => {
        cut(world);
        const { seq, hash } = parseEntry(world.trail.rows('acme').get(2) ?? '') ?? EMPTY_CHAIN;
        world.trail.anchors.set('acme', { seq, hash });
      },
    ],
    [
      'moved its head back alone',
      ({ trail }) => {
        const { seq, hash } = parseEntry(trail.rows('acme').get(2) ?? '') ?? EMPTY_CHAIN;
        trail.anchors.set('acme', { seq, hash });
      },
    ],
    ['took away the last entry that is signed', ({ trail }) => trail.rows('acme').delete(20)],
    [
      'put another in its place',
      ({ trail }) => {
        const entry = parseEntry(trail.rows('acme').get(20) ?? '');
        if (entry === undefined) throw new Error('There is none.');
        const end = { seq: 19, hash: entry.prevHash, atMs: 0 };
        const forged = entryAfter(end, { ...entry, action: 'test.forged' }, Date.parse(entry.at));
        trail.rows('acme').set(20, entryText(forged));
      },
    ],
    ['took the whole chain away', ({ trail }) => trail.rows('acme').clear()],
  ];
  it.each(ways)('%s', async (_, spoil) => {
    const world = await signedWorld();
    spoil(world);
    await world.minutes(5);
    expect(alarms(world)).toBeGreaterThan(0);
    expect(broken(world)[0]).toMatchObject({ tenant: 'acme', seq: 20 });
    expect(broken(world).map(({ tenant }) => tenant)).not.toContain('fine');
  });

  it('and where a change came after it, at once', async () => {
    const world = await signedWorld();
    cut(world);
    await world.tell('acme', 1);
    expect(alarms(world)).toBe(1);
    expect(broken(world)).toMatchObject([{ tenant: 'acme', seq: 20 }]);
    await world.minutes(5);
    expect(alarms(world)).toBeGreaterThan(1);
  });
});

describe('looking at chains', () => {
  it('raises no alarm where nobody was, whatever is told meanwhile', async () => {
    const world = await signedWorld();
    for (let n = 0; n < 60; n++) {
      await Promise.all([world.minutes(1), world.tell(n % 2 === 0 ? 'acme' : 'fine', 1)]);
    }
    expect([alarms(world), broken(world)]).toEqual([0, []]);
  });

  it('costs one read for each that has not grown', async () => {
    const world = await signedWorld();
    const reads: unknown[] = [];
    const read: typeof world.trail.read = async (...args) => {
      reads.push(args);
      return await world.trail.read(...args);
    };
    const deps = { ...world.deps, auditTrail: { ...world.trail, read } };
    await lookAtSigned(deps, [...world.digests.notes.values()], never);
    expect(reads).toEqual([
      ['acme', 20, 1],
      ['fine', 2, 1],
    ]);
    await auditLog(deps).event({
      ...{ tenant: 'acme', actor: { kind: 'system', name: 'test' }, action: 'test.told' },
      ...{ resource: { kind: 'test', id: null, name: null }, outcome: 'succeeded' },
    });
    expect(reads).toHaveLength(2);
  });

  it.each([
    [1, 600],
    [1, 5_000],
    [5, 5_000],
  ])('every %i minutes has a bound, and comes to each of %i', async (minutes, count) => {
    const world = auditWorld();
    const looked = new Map<string, number>();
    const read = async (tenant: string) => {
      looked.set(tenant, (looked.get(tenant) ?? 0) + 1);
      return [];
    };
    const deps = { ...world.deps, auditTrail: { read } };
    const signed = Array.from({ length: count }, (_, n) => ({
      ...{ tenant: `t${n}`, seq: 1, hash: 'x', digest: 1 },
    }));
    const turns = Math.ceil((4 * count) / LOOKED_MAX);
    for (let turn = 1; turn <= turns; turn++) {
      world.clock.advance(minutes * MINUTE_MS);
      await lookAtSigned(deps, signed, never);
      const all = [...looked.values()].reduce((sum, one) => sum + one, 0);
      expect(all).toBe(turn * LOOKED_MAX);
    }
    expect(looked.size).toBe(count);
  });

  it('stops in time', async () => {
    const world = await signedWorld();
    cut(world);
    await lookAtSigned(world.deps, [...world.digests.notes.values()], () => true);
    expect(alarms(world)).toBe(0);
  });
});
