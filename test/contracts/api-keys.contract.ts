import { expect, it } from 'vitest';
import { apiKey, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const TEN_MINUTES_MS = 600_000;

/** What every implementation of `ApiKeys` promises. */
export function apiKeysContract(make: MakeWorld): void {
  it('returns a key by its public part and by its id', async () => {
    const { apiKeys } = (await make()).stores;
    const key = apiKey(1, { tenant: 'default', expiresAtMs: T0 + 9 });
    expect(await apiKeys.create(key)).toBe('created');
    expect(await apiKeys.byLookup(key.lookup)).toEqual(key);
    expect(await apiKeys.byId(key.id)).toEqual(key);
    expect(await apiKeys.byLookup('nobody')).toBeUndefined();
    expect(await apiKeys.byId(apiKey(2).id)).toBeUndefined();
  });

  it('keeps the first key of a public part', async () => {
    const { apiKeys } = (await make()).stores;
    const race = await Promise.all(
      Array.from({ length: 10 }, (_, n) => apiKeys.create(apiKey(n, { lookup: 'same' }))),
    );
    expect(race.filter((result) => result === 'created')).toHaveLength(1);
    expect(await apiKeys.byLookup('same')).toEqual(
      apiKey(race.indexOf('created'), { lookup: 'same' }),
    );
  });

  it('finds a removed key no more, and leaves another with the same public part', async () => {
    const { apiKeys } = (await make()).stores;
    await apiKeys.create(apiKey(1));
    await apiKeys.remove(apiKey(2, { lookup: apiKey(1).lookup }));
    expect(await apiKeys.byLookup(apiKey(1).lookup)).toEqual(apiKey(1));
    await apiKeys.remove(apiKey(1));
    await apiKeys.remove(apiKey(1));
    expect(await apiKeys.byLookup(apiKey(1).lookup)).toBeUndefined();
    expect(await apiKeys.byId(apiKey(1).id)).toBeUndefined();
    expect((await apiKeys.list({ limit: 5 })).items).toEqual([]);
  });

  it('pages newest first, of one tenant or of all', async () => {
    const { apiKeys } = (await make()).stores;
    for (const n of [2, 4, 1, 3, 5]) {
      await apiKeys.create(apiKey(n, n % 2 === 0 ? { tenant: 'even' } : {}));
    }
    const ids = (...ns: readonly number[]) => ns.map((n) => apiKey(n).id);
    const first = await apiKeys.list({ limit: 3 });
    const second = await apiKeys.list({ limit: 3, after: first.next ?? '' });
    expect(first.items.map((key) => key.id)).toEqual(ids(5, 4, 3));
    expect(second.items.map((key) => key.id)).toEqual(ids(2, 1));
    expect(second.next).toBeUndefined();
    const even = await apiKeys.list({ tenant: 'even', limit: 3 });
    expect(even.items.map((key) => key.id)).toEqual(ids(4, 2));
    expect(even.next).toBeUndefined();
  });

  it('shows a tenant to the end, however small the page and however many others have', async () => {
    const { apiKeys } = (await make()).stores;
    for (let n = 1; n <= 70; n++) await apiKeys.create(apiKey(n, { tenant: 'other' }));
    expect(await apiKeys.list({ tenant: 'even', limit: 1 })).toEqual({
      items: [],
      next: undefined,
    });
  });

  it('notes the use in steps of ten minutes, never backwards', async () => {
    const { stores, another } = await make();
    const key = apiKey(1);
    await stores.apiKeys.create(key);
    const usedAtMs = T0 - (T0 % TEN_MINUTES_MS);
    const lastUse = async () => (await another().apiKeys.byLookup(key.lookup))?.lastUsedAtMs;
    await stores.apiKeys.used(key, usedAtMs + 5);
    expect(await lastUse()).toBe(usedAtMs);
    await another().apiKeys.used(key, usedAtMs + TEN_MINUTES_MS - 1);
    expect(await lastUse()).toBe(usedAtMs);
    await another().apiKeys.used(key, usedAtMs + TEN_MINUTES_MS);
    expect(await lastUse()).toBe(usedAtMs + TEN_MINUTES_MS);
    await another().apiKeys.used(key, usedAtMs);
    expect(await lastUse()).toBe(usedAtMs + TEN_MINUTES_MS);
  });

  it('does not bring a removed key back by noting its use', async () => {
    const { stores } = await make();
    await stores.apiKeys.used(apiKey(1), T0);
    expect(await stores.apiKeys.byLookup(apiKey(1).lookup)).toBeUndefined();
  });
}
