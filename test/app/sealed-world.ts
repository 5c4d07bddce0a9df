import { type PackedText, packText, unpackText } from '../../lib/adapters/dynamodb/codec.ts';
import { dynamoIntegrations } from '../../lib/adapters/dynamodb/integrations.ts';
import { dynamoSources } from '../../lib/adapters/dynamodb/sources.ts';
import { getItem, put } from '../../lib/adapters/dynamodb/store.ts';
import { keys } from '../../lib/adapters/dynamodb/table.ts';
import { kmsWorld } from '../adapters/kms/kms-world.ts';
import { registryWorld } from '../fakes/registry-world.ts';
import { fakeSender } from '../fakes/world.ts';
import { modelDynamoDb } from '../simulation/dynamodb/model.ts';
import { productTables } from '../simulation/dynamodb/table-spec.ts';

const TABLES = { registry: 'registry', history: 'history', state: 'state' };

/** A registry whose secrets are sealed, on tables that can be looked into. */
export async function sealedWorld() {
  const kms = await kmsWorld();
  const base = registryWorld();
  const { client: db } = modelDynamoDb({
    clock: kms.clock,
    random: { unit: () => 0.5 },
    tables: productTables(TABLES),
  });
  const options = { clock: kms.clock, random: base.random, vault: kms.vault };
  const sender = fakeSender(kms.clock);
  const deps = {
    ...base,
    clock: kms.clock,
    sender,
    integrations: dynamoIntegrations(db, TABLES, options),
    sources: dynamoSources(db, TABLES, options),
    publicUrl: 'https://in.example.com',
    tokens: { get: async () => Promise.reject(new Error('no')), renew: async () => undefined },
    version: '1',
  };
  /** The row of an integration of the tenant `default`, as it lies there. */
  const row = async (id: string) => {
    const store = { db, table: TABLES.registry, random: base.random };
    const item = await getItem(store, keys.resource('default', 'INT', id));
    return { item, text: unpackText(item?.doc as PackedText) };
  };
  /** In place of it, the document as a version stored it that sealed nothing. */
  const putClear = async (id: string, doc: object) => {
    const { item } = await row(id);
    const store = { db, table: TABLES.registry, random: base.random };
    const key = keys.resource('default', 'INT', id);
    await put(store, key, { ...item, doc: packText(JSON.stringify(doc)) });
  };
  return { kms, deps, sender, row, putClear };
}
