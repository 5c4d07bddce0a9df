import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { ApiKeys } from '../../app/ports.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import type { KeyId } from '../../domain/ids.ts';
import { rememberIn } from '../../domain/remember.ts';
import { ofKind, pageById } from './id-pages.ts';
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
import { conditions, keys, kindKeys, type Tables } from './table.ts';
import { updateIf } from './update.ts';

const USE_NOTED_EVERY_MS = 600_000;
const USES_REMEMBERED_MAX = 1_000;
/** Others set the end of the same key at the same time. */
const RACES_MAX = 4;

/** API keys in DynamoDB, by the public part of the key; an id only points there. */
export function dynamoApiKeys(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random' | 'telemetry'>,
): ApiKeys {
  const store: Store = { db, table: tables.registry, random: options.random };
  /** When each key's use was last noted here: a row per request would cost more than the request. */
  const noted = new Map<string, number>();

  const byLookup = async (lookup: string): Promise<ApiKey | undefined> => {
    const item = await getItem(store, keys.apiKey(lookup));
    return item === undefined ? undefined : apiKeyOf(item);
  };

  return {
    byLookup,

    async create(key) {
      // First, so that a key that works can always be found and removed by its id.
      await put(store, keys.apiKeyPointer(key.id), { lookup: key.lookup });
      const { lastUsedAtMs, ...rest } = key;
      const attributes = { ...kindKeys('key', key.id), id: key.id, doc: JSON.stringify(rest) };
      const result = await putIf(
        store,
        keys.apiKey(key.lookup),
        { ...attributes, lu: lastUsedAtMs },
        conditions.isNew,
      );
      return result.kind === 'written' ? 'created' : 'exists';
    },

    async byId(id: KeyId) {
      const pointer = await getItem(store, keys.apiKeyPointer(id));
      if (pointer === undefined) return undefined;
      const key = await byLookup(pointer.lookup as string);
      return key?.id === id ? key : undefined;
    },

    async expire({ id, lookup }, atMs) {
      for (let race = 0; race < RACES_MAX; race++) {
        const item = await getItem(store, keys.apiKey(lookup));
        if (item === undefined || item.id !== id) return 'gone';
        const known = apiKeyOf(item);
        if ((known.expiresAtMs ?? Infinity) <= atMs) return known;
        const { lastUsedAtMs: _, ...rest } = known;
        const doc = JSON.stringify({ ...rest, expiresAtMs: atMs });
        const unchanged = conditions.hasDocument(item.doc as string);
        const row = await updateIf(store, keys.apiKey(lookup), { set: { doc } }, unchanged);
        if (row !== undefined) return apiKeyOf(row);
      }
      throw new Error(`A key changed ${RACES_MAX} times while its end was set.`);
    },

    async remove(key) {
      await removeIf(store, keys.apiKey(key.lookup), conditions.hasId(key.id));
      await remove(store, keys.apiKeyPointer(key.id));
    },

    list({ tenant, after, limit }) {
      const matches = (key: ApiKey) => tenant === undefined || key.tenant === tenant;
      return pageById(ofKind(store, 'key', after), { decode: apiKeyOf, matches, after, limit });
    },

    async used(key, atMs) {
      const usedMs = atMs - (atMs % USE_NOTED_EVERY_MS);
      const knownMs = Math.max(key.lastUsedAtMs ?? 0, noted.get(key.lookup) ?? 0);
      if (usedMs <= knownMs) return;
      rememberIn(noted, key.lookup, usedMs, USES_REMEMBERED_MAX);
      try {
        await noteUse(store, key.lookup, usedMs);
      } catch (error) {
        options.telemetry.warn('key.use-not-noted', { keyId: key.id, error });
      }
    },
  };
}

async function noteUse(store: Store, lookup: string, usedMs: number): Promise<void> {
  const { values, ...expressions } = conditions.wasNotUsedSince(usedMs);
  try {
    await store.db.send(
      new UpdateItemCommand({
        TableName: store.table,
        Key: marshall(keys.apiKey(lookup)),
        UpdateExpression: 'SET lu = :lu',
        ...expressions,
        ExpressionAttributeValues: marshall(values),
      }),
    );
  } catch (error) {
    // Noted by another process, or the key is gone.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

function apiKeyOf(item: Item): ApiKey {
  const { doc, lu } = item as { readonly doc: string; readonly lu?: number };
  const key = JSON.parse(doc) as ApiKey;
  requireOwnRow(item, keys.apiKey(key.lookup));
  return { ...key, ...(lu !== undefined && { lastUsedAtMs: lu }) };
}
