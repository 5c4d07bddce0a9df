import { describe, expect, it } from 'vitest';
import {
  type AuditEvent,
  appendOnce,
  draftOf,
  newAuditId,
  RACES_MS_MAX,
} from '../../lib/app/audit.ts';
import { signHeads } from '../../lib/app/audit-digests.ts';
import { chainEnd } from '../../lib/app/audit-end.ts';
import { EMPTY_CHAIN, FAR_PLACE, parseEntry } from '../../lib/domain/audit.ts';
import { auditWorld, HOUR_MS, never } from './audit-world.ts';

/** After this place no row has one. */
const LAST_OF_ALL = 999_999_999_999;
const DAY_MINUTES = 1_440;
const TOLD: AuditEvent = {
  ...{ tenant: 'acme', actor: { kind: 'system', name: 'test' }, action: 'test.told' },
  ...{ resource: { kind: 'test', id: null, name: null }, outcome: 'succeeded' },
};

const placesIn = ({ trail }: ReturnType<typeof auditWorld>) =>
  [...trail.rows('acme').keys()].sort((a, b) => a - b);

describe('a row that somebody has put far ahead', () => {
  it.each([
    ['at the last place of all', [LAST_OF_ALL]],
    ['at many places', [LAST_OF_ALL, LAST_OF_ALL - 1, FAR_PLACE + 7, FAR_PLACE + 1]],
  ])('keeps no change from its chain: %s', async (_, planted) => {
    const world = auditWorld();
    await world.tell('acme', 2);
    for (const place of planted) world.trail.rows('acme').set(place, 'x');
    const beganMs = world.clock.nowMs();
    await world.tell('acme', 3);
    expect(placesIn(world).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(placesIn(world)).toHaveLength(5 + planted.length);
    expect(world.trail.anchors.get('acme')?.seq).toBe(5);
    expect(world.clock.nowMs()).toBe(beganMs);
    expect((await world.verify()).ok).toBe(false);
  });

  it('keeps none from it where it counts for the last that the chain may have', async () => {
    const world = auditWorld();
    await world.tell('acme', 2);
    for (const place of [FAR_PLACE, LAST_OF_ALL]) world.trail.rows('acme').set(place, 'x');
    await world.tell('acme', 150);
    const places = Array.from({ length: 150 }, (_, n) => FAR_PLACE + n + 1);
    expect(placesIn(world)).toEqual([1, 2, FAR_PLACE, ...places, LAST_OF_ALL]);
  });

  it('keeps no request that began before from adding its entry, once', async () => {
    const world = auditWorld();
    await world.tell('acme', 1);
    world.trail.rows('acme').set(LAST_OF_ALL, 'x');
    const { trail, deps } = world;
    const draft = draftOf(TOLD, newAuditId(deps));
    for (const isNew of [true, false]) {
      expect(await appendOnce(deps, draft, EMPTY_CHAIN)).toMatchObject({ isNew });
    }
    expect(placesIn(world)).toEqual([1, 2, LAST_OF_ALL]);
    expect(parseEntry(trail.rows('acme').get(2) ?? '')?.id).toBe(draft.id);
  });

  it('costs nothing where there is none: one read tells where a chain ends', async () => {
    const world = auditWorld();
    await world.tell('acme', 3);
    const asked: unknown[] = [];
    const end = (...args: [string, number?]) => {
      asked.push(args);
      return world.trail.end(...args);
    };
    const read = async () => expect.fail('read');
    expect((await chainEnd({ end, read }, 'acme')).seq).toBe(3);
    expect(asked).toEqual([['acme']]);
  });

  it.each([LAST_OF_ALL, FAR_PLACE])('keeps nothing from being signed: %i', async (place) => {
    const world = auditWorld();
    await world.tell('acme', 1);
    await world.minutes(6);
    world.digests.texts.set(place, 'x');
    await world.tell('acme', 2);
    await world.minutes(DAY_MINUTES);
    expect(await world.deps.auditDigests.signedOf('acme')).toMatchObject({ seq: 3 });
    // One for each hour, and no more than that.
    expect(world.digests.texts.size).toBeLessThan(30);
    expect(world.telemetry.counts.get('AuditDigestsLate')).toBeUndefined();
    expect((await world.verify()).digests.problem).toMatchObject({ kind: 'missing' });
  });
});

describe('whoever finds every place taken', () => {
  it('is told that the log is away, in less time than any function has', async () => {
    const world = auditWorld();
    const beganMs = world.clock.nowMs();
    const auditTrail = { ...world.trail, append: async () => 'taken' as const };
    const draft = draftOf(TOLD, newAuditId(world.deps));
    const appended = appendOnce({ ...world.deps, auditTrail }, draft, EMPTY_CHAIN);
    await expect(appended).rejects.toMatchObject({ code: 'unavailable' });
    expect(world.clock.nowMs() - beganMs).toBeLessThan(RACES_MS_MAX + 1_000);
  });

  it('tells an alarm that nothing was signed for two hours', async () => {
    const world = auditWorld();
    await world.tell('acme', 1);
    await world.minutes(1);
    await world.tell('acme', 1);
    const auditDigests = { ...world.digests, append: async () => 'taken' as const };
    const tick = () => signHeads({ ...world.deps, auditDigests }, never);
    world.clock.advance(HOUR_MS);
    await tick();
    expect(world.telemetry.counts.get('AuditDigestsLate')).toBeUndefined();
    world.clock.advance(HOUR_MS + 1);
    await tick();
    expect(world.telemetry.counts.get('AuditDigestsLate')).toBe(1);
  });
});
