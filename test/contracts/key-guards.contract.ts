import { expect, it } from 'vitest';
import type { LockOut } from '../../lib/domain/lock-out.ts';
import { apiKey, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const LIMIT = { perSecond: 2, burst: 5 };
const LOCK_OUT: LockOut = {
  all: { count: 1, sinceMs: T0, locks: 0, lockedUntilMs: 0 },
  keys: [{ lookup: 'lookup0001', count: 1, sinceMs: T0, locks: 0, lockedUntilMs: 0 }],
};

/** What every implementation of `KeyRates`, `LockOuts` and `SignaturesSeen` promises. */
export function keyGuardsContract(make: MakeWorld): void {
  it('grants the burst at once, then the rate, to all processes together', async () => {
    const { stores, another, clock } = await make();
    const all = [stores.keyRates, another().keyRates, another().keyRates];
    let granted = 0;
    for (let i = 0; i < 6; i++) {
      const taken = await all[i % 3]?.take('key_a', LIMIT, 2, clock.nowMs());
      granted += taken?.granted ?? 0;
    }
    expect(granted).toBe(5);
    clock.advance(1_000);
    for (const { take } of all) {
      granted += (await take('key_a', LIMIT, 2, clock.nowMs())).granted;
    }
    expect(granted).toBe(7);
    expect((await stores.keyRates.take('key_b', LIMIT, 9, clock.nowMs())).granted).toBe(5);
  });

  it('never grants more than there is to takers at the same moment', async () => {
    const { another, clock } = await make();
    const taken = await Promise.all(
      Array.from({ length: 12 }, () => another().keyRates.take('key_a', LIMIT, 1, clock.nowMs())),
    );
    const granted = taken.reduce((sum, one) => sum + one.granted, 0);
    expect(granted).toBeGreaterThan(0);
    expect(granted).toBeLessThanOrEqual(5);
  });

  it('keeps what is known of a network, one writer at a time', async () => {
    const { stores, another } = await make();
    expect(await stores.lockOuts.load('192.0.2.1')).toEqual({ value: undefined, version: 0 });
    const race = await Promise.all(
      Array.from({ length: 5 }, () => another().lockOuts.save('192.0.2.1', LOCK_OUT, 0)),
    );
    expect(race.filter((result) => result === 'saved')).toHaveLength(1);
    expect(await another().lockOuts.load('192.0.2.1')).toEqual({ value: LOCK_OUT, version: 1 });
    expect(await stores.lockOuts.save('192.0.2.1', LOCK_OUT, 1)).toBe('saved');
    expect(await stores.lockOuts.save('192.0.2.1', LOCK_OUT, 1)).toBe('stale');
    expect((await stores.lockOuts.load('2001:db8::/64')).version).toBe(0);
  });

  it('notes a signature for one of many, until it is over', async () => {
    const { another } = await make();
    const note = (nowMs: number) => another().signaturesSeen.note('sig', T0 + 9_000, nowMs);
    const race = await Promise.all(Array.from({ length: 5 }, () => note(T0)));
    expect(race.filter((result) => result === 'first')).toHaveLength(1);
    expect(await note(T0 + 8_999)).toBe('again');
    expect(await note(T0 + 9_000)).toBe('first');
  });

  it('lets a key end earlier, never later, and only while it is there', async () => {
    const { stores, another } = await make();
    const key = apiKey(1);
    expect(await stores.apiKeys.expire(key, T0)).toBe('gone');
    await stores.apiKeys.create(key);
    await stores.apiKeys.used(key, T0);
    const ends = await Promise.all(
      [T0 + 3, T0 + 1, T0 + 2].map((atMs) => another().apiKeys.expire(key, atMs)),
    );
    expect(ends).not.toContain('gone');
    expect((await another().apiKeys.byLookup(key.lookup))?.expiresAtMs).toBe(T0 + 1);
    expect(await stores.apiKeys.expire(apiKey(2, { lookup: key.lookup }), T0)).toBe('gone');
    expect((await stores.apiKeys.byId(key.id))?.lastUsedAtMs).toBeDefined();
  });
}
