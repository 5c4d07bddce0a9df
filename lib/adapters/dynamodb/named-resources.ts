import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Page } from '../../app/ports.ts';
import type { Sealed, Visited } from '../../domain/sealed.ts';
import { type PackedText, packText, unpackText } from './codec.ts';
import { ofKind, ofTenant, pageById } from './id-pages.ts';
import { nameClaims } from './name-claims.ts';
import { countRows, readAll, startingWith } from './ranges.ts';
import { asStored, fromStored, type SealedBy, sealedDocs } from './sealed-docs.ts';
import {
  getItem,
  type Item,
  put,
  putIf,
  remove,
  removeIf,
  requireOwnRow,
  type Store,
  type StoreOptions,
} from './store.ts';
import { conditions, type Kind, keys, kindKeys, type Tables } from './table.ts';

/** What integrations and sources have in common. */
export interface NamedResource {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly version: number;
  readonly sealed?: Sealed;
}

export interface ResourceKind<T> {
  readonly kind: Exclude<Kind, 'key'>;
  /** Finds the fields that may hold a secret. */
  readonly secrets: Visited<T>;
  readonly prefix: string;
  readonly perTenantMax: number;
  /** What a resource that an earlier version stored may lack. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Done before the first row of a tenant's new resource is written. */
  readonly beforeCreate?: (tenant: string) => Promise<void>;
  /** Done after every change, before anybody is told of it. */
  readonly afterChange?: (tenant: string) => Promise<void>;
}

export interface NamedOptions extends Pick<StoreOptions, 'clock' | 'random'> {
  /** Without one nothing is sealed, and nothing that is can be opened. */
  readonly vault?: SealedBy;
}

export interface NamedResources<T> {
  create(resource: T): Promise<'created' | 'name-taken' | 'limit-reached'>;
  byId(id: string, tenant?: string): Promise<T | undefined>;
  byName(tenant: string, name: string): Promise<T | undefined>;
  save(next: T, previousName: string): Promise<'saved' | 'stale' | 'name-taken'>;
  remove(resource: T): Promise<'removed' | 'stale'>;
  open(resource: T): Promise<T>;
  list(query: {
    readonly tenant?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<T>>;
  /** All of a tenant's. Strongly consistent. */
  all(tenant: string): Promise<readonly T[]>;
}

/**
 * Resources whose name is unique in their tenant, without transactions: the name is claimed
 * first, and the row of the resource says which name it truly has.
 */
export function namedResources<T extends NamedResource>(
  db: DynamoDBClient,
  tables: Tables,
  options: NamedOptions,
  kind: ResourceKind<T>,
): NamedResources<T> {
  const store: Store = { db, table: tables.registry, random: options.random };
  const find = async (tenant: string, id: string): Promise<T | undefined> => {
    const item = await getItem(store, keys.resource(tenant, kind.prefix, id));
    return item === undefined ? undefined : resourceOf<T>(kind, item);
  };
  const docs = sealedDocs<T>(kind.kind, kind.secrets, options.vault);
  const names = nameClaims(store, kind.kind, options.clock, find);

  return {
    async byId(id, tenant) {
      if (tenant !== undefined) return find(tenant, id);
      const pointer = await getItem(store, keys.pointer(id));
      return pointer === undefined ? undefined : find(pointer.tenant as string, id);
    },

    async byName(tenant, name) {
      const id = await names.holder(tenant, name);
      const resource = id === undefined ? undefined : await find(tenant, id);
      return resource?.name === name ? resource : undefined;
    },

    async create(resource) {
      const { tenant, id, name, version } = resource;
      const sealed = await docs.sealed(resource);
      // Counted, not reserved: creates at the same moment may overshoot by their number.
      const range = { ...rowsOf(store, tenant, kind), order: 'ascending' } as const;
      if ((await countRows(db, range)) >= kind.perTenantMax) return 'limit-reached';
      if (!(await names.take(tenant, name, id))) return 'name-taken';
      await put(store, keys.pointer(id), { tenant });
      await kind.beforeCreate?.(tenant);
      const key = keys.resource(tenant, kind.prefix, id);
      const row = rowOf(kind, sealed, version);
      const result = await putIf(store, key, row, conditions.isNew);
      // The id is there: an earlier run of the same creation got this far, with other contents.
      if (result.kind === 'refused') return 'name-taken';
      await kind.afterChange?.(tenant);
      return 'created';
    },

    async save(next, previousName) {
      const { tenant, id, name, version } = next;
      const sealed = await docs.sealed(next);
      const former = name === previousName ? undefined : await names.read(tenant, previousName);
      if (name !== previousName && !(await names.take(tenant, name, id))) return 'name-taken';
      const key = keys.resource(tenant, kind.prefix, id);
      const row = rowOf(kind, sealed, version + 1);
      const result = await putIf(store, key, row, conditions.hasVersion(version));
      // A name claimed in vain is left to its age: somebody may be renaming the same resource to it.
      if (result.kind === 'refused') return 'stale';
      await kind.afterChange?.(tenant);
      if (former?.id === id) await names.release(tenant, previousName, former);
      return 'saved';
    },

    async remove({ tenant, id, name, version }) {
      const key = keys.resource(tenant, kind.prefix, id);
      if (!(await removeIf(store, key, conditions.hasVersion(version)))) return 'stale';
      await kind.afterChange?.(tenant);
      await names.releaseAll(tenant, name, id);
      await remove(store, keys.pointer(id));
      return 'removed';
    },

    open: docs.open,

    list({ tenant, after, limit }) {
      const reader =
        tenant === undefined
          ? ofKind(store, kind.kind, after)
          : ofTenant(store, tenant, kind.prefix, after);
      return pageById(reader, {
        decode: (item) => resourceOf<T>(kind, item),
        matches: () => true,
        after,
        limit,
      });
    },

    async all(tenant) {
      const range = { ...rowsOf(store, tenant, kind), order: 'ascending' } as const;
      const rows = await readAll(db, { ...range, consistent: true });
      return rows.map((item) => resourceOf<T>(kind, item));
    },
  };
}

function rowsOf(store: Store, tenant: string, { prefix }: Pick<ResourceKind<never>, 'prefix'>) {
  const { pk, sk } = keys.resource(tenant, prefix, '');
  const [low, high] = startingWith(sk);
  return { table: store.table, partition: ['pk', pk], sort: ['sk', low, high] } as const;
}

function rowOf(
  { kind }: Pick<ResourceKind<never>, 'kind'>,
  resource: NamedResource,
  version: number,
): Item {
  const { version: _, ...doc } = resource;
  const text = JSON.stringify(asStored(doc));
  return { ...kindKeys(kind, resource.id), doc: packText(text), v: version };
}

function resourceOf<T extends NamedResource>(
  { defaults, prefix }: Pick<ResourceKind<never>, 'defaults' | 'prefix'>,
  item: Item,
): T {
  const { doc, v: version } = item as { readonly doc: PackedText; readonly v: number };
  const stored = fromStored(JSON.parse(unpackText(doc)));
  const resource = { ...defaults, ...stored, version } as unknown as T;
  requireOwnRow(item, keys.resource(resource.tenant, prefix, resource.id));
  return resource;
}
