import { describe, expect, it } from 'vitest';
import type { Page } from '../../lib/app/ports.ts';
import type { FakeStores } from '../fakes/stores.ts';
import type { MakeWorld } from './stand-ins.ts';

interface Named {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly description: string;
  readonly version: number;
}

interface Store<T extends Named> {
  create(resource: T): Promise<'created' | 'name-taken' | 'limit-reached'>;
  byId(id: T['id'], tenant?: string): Promise<T | undefined>;
  byName(tenant: string, name: string): Promise<T | undefined>;
  save(next: T, previousName: string): Promise<'saved' | 'stale' | 'name-taken'>;
  remove(resource: T): Promise<'removed' | 'stale'>;
  list(query: { tenant?: string; after?: string; limit: number }): Promise<Page<T>>;
}

/** What integrations and sources alike promise about names, versions, tenants and lists. */
export function namedContract<T extends Named>(
  make: MakeWorld,
  storeOf: (stores: FakeStores) => Store<T>,
  sample: (n: number, change?: Partial<Omit<Named, 'id'>>) => T,
): void {
  const open = async (perTenantMax?: number) => {
    const world = await make(perTenantMax === undefined ? {} : { perTenantMax });
    return storeOf(world.stores);
  };
  const idOf = (resource: T): T['id'] => resource.id;

  describe('creating', () => {
    it('returns what was created, by id and by name', async () => {
      const store = await open();
      const one = sample(1);
      expect(await store.create(one)).toBe('created');
      expect(await store.byId(idOf(one))).toEqual(one);
      expect(await store.byId(idOf(one), one.tenant)).toEqual(one);
      expect(await store.byName(one.tenant, one.name)).toEqual(one);
    });

    it('shows nothing to another tenant', async () => {
      const store = await open();
      await store.create(sample(1));
      expect(await store.byId(idOf(sample(1)), 'other')).toBeUndefined();
      expect(await store.byName('other', sample(1).name)).toBeUndefined();
      expect((await store.list({ tenant: 'other', limit: 10 })).items).toEqual([]);
    });

    it('takes the name within the tenant, and only there', async () => {
      const store = await open();
      await store.create(sample(1, { name: 'erp' }));
      expect(await store.create(sample(2, { name: 'erp' }))).toBe('name-taken');
      expect(await store.create(sample(3, { name: 'erp', tenant: 'other' }))).toBe('created');
      expect(await store.byId(idOf(sample(2)))).toBeUndefined();
    });

    it('lets exactly one of many concurrent creators have a name', async () => {
      const store = await open();
      const many = Array.from({ length: 10 }, (_, n) => sample(n, { name: 'erp' }));
      const race = await Promise.all(many.map((one) => store.create(one)));
      expect(race.filter((result) => result === 'created')).toHaveLength(1);
      const winner = many[race.indexOf('created')];
      expect(await store.byName('default', 'erp')).toEqual(winner);
      expect((await store.list({ limit: 50 })).items).toEqual([winner]);
    });

    it('stops at the limit of a tenant, and goes on when one is removed', async () => {
      const store = await open(2);
      await store.create(sample(1));
      await store.create(sample(2));
      expect(await store.create(sample(3))).toBe('limit-reached');
      expect(await store.create(sample(4, { tenant: 'other' }))).toBe('created');
      await store.remove(sample(2));
      expect(await store.create(sample(3))).toBe('created');
    });
  });

  describe('saving', () => {
    it('returns what was saved, one version on', async () => {
      const store = await open();
      await store.create(sample(1));
      const next = { ...sample(1), description: 'changed' };
      expect(await store.save(next, next.name)).toBe('saved');
      expect(await store.byId(idOf(next))).toEqual({ ...next, version: next.version + 1 });
    });

    it('refuses a save on top of a version it does not hold', async () => {
      const store = await open();
      await store.create(sample(1));
      const stale = { ...sample(1), version: 7 };
      expect(await store.save(stale, stale.name)).toBe('stale');
      expect(await store.save(sample(2), sample(2).name)).toBe('stale');
      expect(await store.byId(idOf(sample(1)))).toEqual(sample(1));
    });

    it('lets exactly one of many concurrent writers win', async () => {
      const store = await open();
      await store.create(sample(1));
      const race = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          store.save({ ...sample(1), description: `writer ${n}` }, sample(1).name),
        ),
      );
      expect(race.filter((result) => result === 'saved')).toHaveLength(1);
      const winner = `writer ${race.indexOf('saved')}`;
      expect((await store.byId(idOf(sample(1))))?.description).toBe(winner);
    });

    it('frees the old name and takes the new one', async () => {
      const store = await open();
      await store.create(sample(1, { name: 'old' }));
      expect(await store.save(sample(1, { name: 'new' }), 'old')).toBe('saved');
      expect(await store.byName('default', 'old')).toBeUndefined();
      expect((await store.byName('default', 'new'))?.id).toBe(sample(1).id);
      expect(await store.create(sample(2, { name: 'new' }))).toBe('name-taken');
      expect(await store.create(sample(3, { name: 'old' }))).toBe('created');
    });

    it('renames there and back again', async () => {
      const store = await open();
      await store.create(sample(1, { name: 'one' }));
      expect(await store.save(sample(1, { name: 'two' }), 'one')).toBe('saved');
      expect(await store.save(sample(1, { name: 'one', version: 2 }), 'two')).toBe('saved');
      expect((await store.byName('default', 'one'))?.version).toBe(3);
      expect(await store.create(sample(2, { name: 'one' }))).toBe('name-taken');
    });

    it('refuses a name that another has, and changes nothing', async () => {
      const store = await open();
      await store.create(sample(1, { name: 'one' }));
      await store.create(sample(2, { name: 'two' }));
      expect(await store.save(sample(2, { name: 'one' }), 'two')).toBe('name-taken');
      expect((await store.byName('default', 'two'))?.version).toBe(sample(2).version);
    });

    it('lets exactly one of many have a name that they are renamed to at once', async () => {
      const store = await open();
      const many = Array.from({ length: 6 }, (_, n) => sample(n));
      for (const one of many) await store.create(one);
      const race = await Promise.all(
        many.map((one) => store.save({ ...one, name: 'wanted' }, one.name)),
      );
      expect(race.filter((result) => result === 'saved')).toHaveLength(1);
      const { items } = await store.list({ limit: 50 });
      expect(items.filter((one) => one.name === 'wanted')).toHaveLength(1);
    });
  });

  describe('removing', () => {
    it('removes it everywhere and frees the name at once', async () => {
      const store = await open();
      await store.create(sample(1, { name: 'erp' }));
      expect(await store.remove(sample(1, { name: 'erp' }))).toBe('removed');
      expect(await store.byId(idOf(sample(1)))).toBeUndefined();
      expect(await store.byName('default', 'erp')).toBeUndefined();
      expect((await store.list({ limit: 10 })).items).toEqual([]);
      expect(await store.create(sample(2, { name: 'erp' }))).toBe('created');
    });

    it('refuses to remove what has changed, and is content with what is gone', async () => {
      const store = await open();
      await store.create(sample(1));
      await store.save(sample(1), sample(1).name);
      expect(await store.remove(sample(1))).toBe('stale');
      const current = sample(1, { version: sample(1).version + 1 });
      expect(await store.remove(current)).toBe('removed');
      expect(await store.remove(current)).toBe('removed');
    });
  });

  describe('listing', () => {
    it.each([undefined, 'default'])('pages newest first, each once (tenant %s)', async (tenant) => {
      const store = await open();
      for (const n of [3, 1, 5, 2, 4]) await store.create(sample(n));
      const query = { ...(tenant !== undefined && { tenant }), limit: 2 };
      const first = await store.list(query);
      await store.create(sample(9));
      const second = await store.list({ ...query, after: first.next ?? '' });
      const third = await store.list({ ...query, after: second.next ?? '' });
      const seen = [first, second, third].map((page) => page.items.map((one) => one.id));
      const expected = [[5, 4], [3, 2], [1]].map((page) => page.map((n) => sample(n).id));
      expect(seen).toEqual(expected);
      expect(third.next).toBeUndefined();
    });

    it('ends without a next page where the last page is full', async () => {
      const store = await open();
      for (const n of [1, 2]) await store.create(sample(n));
      expect((await store.list({ limit: 2 })).next).toBeUndefined();
      expect((await store.list({ tenant: 'default', limit: 2 })).next).toBeUndefined();
    });

    it('lists one tenant or all', async () => {
      const store = await open();
      await store.create(sample(1));
      await store.create(sample(2, { tenant: 'other' }));
      const ids = async (tenant?: string) => {
        const { items } = await store.list({ ...(tenant !== undefined && { tenant }), limit: 9 });
        return items.map((one) => one.id);
      };
      expect(await ids()).toEqual([sample(2).id, sample(1).id]);
      expect(await ids('other')).toEqual([sample(2).id]);
    });
  });
}
