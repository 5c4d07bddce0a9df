import { describe, expect, it } from 'vitest';
import { startDrain } from '../../lib/app/drain.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { lineWorld } from './line-world.ts';

const ONE_KEY = Number(process.env.FIFO_ONE_KEY ?? 1_000);
const MANY_KEYS = Number(process.env.FIFO_MANY_KEYS ?? 250);
const CALL_MS = 50;

/** An integration that was paused while so many were published, and is let go. */
async function heldWorld(
  keys: readonly string[],
  each: number,
  limits: Integration['limits'] = {},
) {
  const world = await lineWorld({ status: 'paused', limits });
  let doorbells = 0;
  const { ring } = world.queue;
  world.queue.ring = async (bells) => {
    doorbells += bells.length;
    return await ring(bells);
  };
  const ids: string[] = [];
  for (let n = 0; n < each; n++) {
    for (const key of keys) ids.push((await world.publish(key)).id);
    world.clock.advance(1);
  }
  expect(doorbells).toBe(0);
  world.other.meanwhile = async () => world.clock.advance(CALL_MS);
  await world.change(world.id, { status: 'active' });
  await startDrain(world.deps, { tenant: 'default', id: world.id }, { ramp: false });
  return { ...world, ids, doorbells: () => doorbells };
}

describe('a drain of held deliveries that keep order', () => {
  it(`of one key: rings no more than thrice for each of ${ONE_KEY}, and stops when all is done`, async () => {
    const world = await heldWorld(['a'], ONE_KEY);
    await world.minutes(Math.ceil(ONE_KEY / 200) + 4);
    expect(world.arrived('a')).toEqual(world.ids);
    expect(world.calls()).toEqual(world.ids);
    expect(world.doorbells()).toBeLessThan(3 * ONE_KEY);
    expect(await world.drains.load(world.id)).toBeUndefined();
  });

  it(`of ${MANY_KEYS} keys: each in its order, with no more than three doorbells for each`, async () => {
    const keys = Array.from({ length: MANY_KEYS }, (_, n) => `k${n}`);
    const world = await heldWorld(keys, 4);
    await world.minutes(Math.ceil(world.ids.length / 200) + 4);
    for (const key of keys) {
      expect(world.arrived(key)).toEqual(world.ids.filter((id) => world.keys.get(id) === key));
    }
    expect(world.doorbells()).toBeLessThan(3 * world.ids.length);
  });

  it('goes no faster than the limit, whoever rings for the next in line', async () => {
    const world = await heldWorld(['a', 'b', 'c', 'd'], 30, { perSecond: 5 });
    const sinceMs = world.clock.nowMs();
    const atMs: number[] = [];
    world.other.meanwhile = async () => void atMs.push(world.clock.nowMs() - sinceMs);
    await world.minutes(3);
    expect(world.calls()).toHaveLength(120);
    // A burst of one second at any time.
    for (const [n, ms] of atMs.entries()) {
      const within = atMs.slice(n).filter((one) => one < ms + 10_000).length;
      expect(within).toBeLessThanOrEqual(5 * 11);
    }
  });

  it('behind one that waits for its retry: rings few a minute, and all go when it has gone', async () => {
    const world = await heldWorld(['a'], 300);
    const [bad] = world.ids;
    world.other.answer = (eventId, nth) => (eventId === bad && nth < 4 ? 500 : 200);
    await world.minutes(6);
    expect(world.arrived('a')).toEqual([]);
    const before = world.doorbells();
    await world.minutes(20);
    expect(world.doorbells() - before).toBeLessThan(20 * 1_000);
    await world.minutes(20);
    expect(world.arrived('a')).toEqual(world.ids);
  });

  it('of one that finds no place: a doorbell now and again, and it goes when there is one', async () => {
    const world = await heldWorld(['a'], 1, { concurrency: 1 });
    const nowMs = world.clock.nowMs();
    const dead = { max: 1, count: 1, owner: 'dead', expiresAtMs: nowMs + 600_000 };
    await world.deps.concurrencyLimits.take(world.id, dead, nowMs);
    await world.minutes(9);
    expect(world.arrived('a')).toEqual([]);
    expect(world.doorbells()).toBeLessThan(9 * 60);
    await world.minutes(3);
    expect(world.arrived('a')).toEqual(world.ids);
  });
});
