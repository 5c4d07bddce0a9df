import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../lib/domain/audit-digest.ts';

import { keyPair, rowOf, signedBy } from '../domain/digest-chains.ts';
import { auditWorld } from './audit-world.ts';

type World = ReturnType<typeof auditWorld>;

/** Three digests of one chain, and one of another; signed up to entry 12. */
async function signedWorld(): Promise<World> {
  const world = auditWorld();
  await world.tell('other', 1);
  for (let n = 0; n < 3; n++) {
    await world.tell('acme', 4);
    await world.minutes(6);
  }
  expect((await world.verify()).ok).toBe(true);
  expect(world.digests.texts.size).toBe(3);
  return world;
}

/** What the verification says after somebody with all tables was there. */
async function spoiledBy(spoil: (world: World) => unknown) {
  const world = await signedWorld();
  await spoil(world);
  const { ok, chains, digests } = await world.verify();
  const chain = chains.find(({ tenant }) => tenant === 'acme')?.problem ?? null;
  return { ok, chain, digests };
}

/** What is noted of the last signed head, as an older digest says it. */
function rollBackNote({ digests }: World, number: number): void {
  const [head] = parseDigest(digests.texts.get(number) ?? '')?.heads ?? [];
  if (head !== undefined) digests.notes.set('acme', { ...head, digest: number });
}

describe('the verification finds', () => {
  it('a chain made anew with its head, by the last signed one', async () => {
    const seen = await spoiledBy((world) => world.rewrite('acme', 7));
    expect(seen.chain).toMatchObject({ seq: 12, kind: 'rewritten' });
    expect(seen.digests.problem).toMatchObject({ number: 2, kind: 'rewritten' });
  });

  it('the same where the note of what is signed was rolled back too, by every digest', async () => {
    const seen = await spoiledBy((world) => {
      world.rewrite('acme', 7);
      rollBackNote(world, 1);
    });
    expect(seen).toMatchObject({ ok: false, chain: null });
    expect(seen.digests.problem).toMatchObject({ number: 2, kind: 'rewritten' });
  });

  it('an end that was cut off with its head', async () => {
    const cut = (world: World) => {
      for (const seq of [11, 12]) world.trail.rows('acme').delete(seq);
      const { seq, hash } = JSON.parse(world.trail.rows('acme').get(10) ?? '');
      world.trail.anchors.set('acme', { seq, hash });
    };
    expect((await spoiledBy(cut)).chain).toMatchObject({ seq: 11, kind: 'truncated' });
    const quietly = await spoiledBy((world) => {
      cut(world);
      rollBackNote(world, 2);
    });
    expect(quietly).toMatchObject({ ok: false, chain: null });
    expect(quietly.digests.problem).toMatchObject({ number: 3, kind: 'rewritten' });
  });

  it('a chain that is gone with its head and its note', async () => {
    const seen = await spoiledBy((world) => {
      world.trail.rows('acme').clear();
      world.trail.anchors.delete('acme');
      world.digests.notes.delete('acme');
    });
    expect(seen.ok).toBe(false);
    expect(seen.digests.problem).toMatchObject({ number: 1, kind: 'rewritten' });
  });

  it('digests that are gone, forged, or no longer what they were', async () => {
    const problem = async (spoil: (world: World) => unknown) =>
      (await spoiledBy(spoil)).digests.problem;
    expect(await problem(({ digests }) => digests.texts.delete(2))).toMatchObject({
      ...{ number: 2, kind: 'missing' },
    });
    const theirs = keyPair().privateKey;
    const forged = async ({ digests }: World) => {
      const digest = parseDigest(digests.texts.get(2) ?? '');
      if (digest !== undefined) digests.texts.set(2, rowOf(signedBy(digest, theirs)).text);
    };
    expect(await problem(forged)).toMatchObject({ number: 2, kind: 'unsigned' });
    const replayed = ({ digests }: World) => digests.texts.set(3, digests.texts.get(2) ?? '');
    expect(await problem(replayed)).toMatchObject({ number: 3, kind: 'edited' });
  });

  it('a note of what is signed that no digest says: it would keep the tick from signing', async () => {
    const seen = await spoiledBy(async (world) => {
      await world.tell('acme', 1);
      const head = await world.deps.auditTrail.anchor('acme');
      if (head !== undefined)
        world.digests.notes.set('acme', { tenant: 'acme', ...head, digest: 3 });
    });
    expect(seen.chain).toMatchObject({ kind: 'unsigned' });
  });

  it('entries that nobody has signed in two hours', async () => {
    const world = await signedWorld();
    world.key.digestKeyState.isDown = true;
    await world.tell('acme', 1);
    await world.minutes(119);
    const acme = async () => (await world.verify()).chains.find(({ tenant }) => tenant === 'acme');
    expect((await acme())?.problem).toBeNull();
    await world.minutes(2);
    expect((await acme())?.problem).toMatchObject({ seq: 13, kind: 'unsigned' });
  });

  it('all tables rolled back: by a gap in time, or by a digest that was noted', async () => {
    const world = await signedWorld();
    const noted = (await world.verify()).digests.end;
    const rollBack = () => {
      world.digests.texts.delete(3);
      rollBackNote(world, 2);
      for (const seq of [9, 10, 11, 12]) world.trail.rows('acme').delete(seq);
      const { seq, hash } = JSON.parse(world.trail.rows('acme').get(8) ?? '');
      world.trail.anchors.set('acme', { seq, hash });
    };
    rollBack();
    // At once the tables alone do not tell.
    expect((await world.verify()).ok).toBe(true);
    expect((await world.verify({ digest: noted })).digests.problem).toMatchObject({
      ...{ number: 3, kind: 'truncated' },
    });
    await world.tell('acme', 1);
    await world.minutes(6);
    expect((await world.verify({ digest: noted })).digests.problem).toMatchObject({
      ...{ number: 3, kind: 'rewritten' },
    });
    rollBack();
    world.clock.advance(7_200_000);
    expect((await world.verify()).digests.gaps).toMatchObject([{ number: 3 }]);
    await world.minutes(1);
    expect((await world.verify()).digests.gaps).toMatchObject([{ number: 3 }]);
  });

  it('digests that begin long after the key was made: those before are gone', async () => {
    const world = await signedWorld();
    world.clock.advance(7_200_000);
    world.digests.texts.clear();
    world.digests.notes.clear();
    await world.minutes(1);
    expect((await world.verify()).digests).toMatchObject({ problem: null, gaps: [{ number: 1 }] });
  });
});

describe('a verification', () => {
  it('for one tenant tells nothing of others, and of its own the same', async () => {
    const world = await signedWorld();
    world.rewrite('other', 1);
    rollBackNote(world, 3);
    const own = await world.verify({}, 'acme');
    expect(own.ok).toBe(true);
    expect(own.chains.map(({ tenant }) => tenant)).toEqual(['acme']);
    expect((await world.verify({}, 'other')).ok).toBe(false);
    expect(JSON.stringify(own)).not.toContain('other');
  });

  it('goes on where it stopped, through many chains and digests', async () => {
    const world = auditWorld();
    const tenants = Array.from({ length: 1_200 }, (_, n) => `t${n}`);
    for (const tenant of tenants) await world.tell(tenant, 1);
    await world.minutes(1);
    const seen = await world.verify();
    expect(seen).toMatchObject({ ok: true, digests: { end: { number: 2 } } });
    expect(seen.requests).toBeGreaterThan(2);
    expect(new Set(seen.chains.map(({ tenant }) => tenant)).size).toBe(1_201);
    world.rewrite('t7', 1);
    expect((await world.verify()).ok).toBe(false);
  });
});
