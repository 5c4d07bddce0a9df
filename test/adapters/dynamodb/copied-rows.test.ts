import { expect, it } from 'vitest';
import { dynamoApiKeys } from '../../../lib/adapters/dynamodb/api-keys.ts';
import { dynamoIntegrations } from '../../../lib/adapters/dynamodb/integrations.ts';
import { dynamoSources } from '../../../lib/adapters/dynamodb/sources.ts';
import { getItem, put } from '../../../lib/adapters/dynamodb/store.ts';
import { type Key, keys } from '../../../lib/adapters/dynamodb/table.ts';
import { apiKey, integration, source } from '../../contracts/fixtures.ts';
import { fakeRandom } from '../../fakes/world.ts';
import { modelDynamoDb } from '../../simulation/dynamodb/model.ts';
import { productTables } from '../../simulation/dynamodb/table-spec.ts';
import { NO_WEAKNESSES } from '../../simulation/dynamodb/weaknesses.ts';
import { kmsWorld } from '../kms/kms-world.ts';

const TABLES = { registry: 'registry', history: 'history', state: 'state' };
const TAMPERED = 'was tampered with';

/** Stores that seal, and the hand of somebody who may write to their table and to nothing else. */
async function world() {
  const { clock, vault } = await kmsWorld();
  const random = fakeRandom('copied');
  const tables = productTables(TABLES);
  const { client: db } = modelDynamoDb({
    ...{ clock, random: { unit: () => 0.5 }, tables },
    weaknesses: NO_WEAKNESSES,
  });
  const options = { clock, random, vault, telemetry: { warn: () => {} } };
  const store = { db, table: TABLES.registry, random };
  const copy = async (from: Key, into: Key) => {
    const victim = await getItem(store, from);
    await put(store, into, { ...(await getItem(store, into)), doc: victim?.doc });
  };
  return {
    copy,
    integrations: dynamoIntegrations(db, TABLES, options),
    sources: dynamoSources(db, TABLES, options),
    apiKeys: dynamoApiKeys(db, TABLES, options),
  };
}

it.each([
  ['another tenant', integration(2, { tenant: 'b', name: 'mine' })],
  ['the same tenant', integration(2, { tenant: 'a', name: 'mine' })],
])('an integration copied into the row of one of %s is not read', async (_, mine) => {
  const { copy, integrations } = await world();
  const victim = integration(1, { tenant: 'a', auth: { type: 'bearer', token: 'of-a' } });
  for (const one of [victim, mine]) await integrations.create(one);
  const own = keys.resource(mine.tenant, 'INT', mine.id);
  await copy(keys.resource('a', 'INT', victim.id), own);
  for (const read of [
    () => integrations.byId(mine.id),
    () => integrations.byId(mine.id, mine.tenant),
    () => integrations.byName(mine.tenant, mine.name),
    () => integrations.list({ limit: 9 }),
    () => integrations.list({ tenant: mine.tenant, limit: 9 }),
    () => integrations.routes(mine.tenant),
  ]) {
    await expect(read()).rejects.toThrow(TAMPERED);
  }
  const found = await integrations.byId(victim.id);
  expect(found && (await integrations.open(found)).auth).toEqual(victim.auth);
});

it('a source copied into the row of another is not read', async () => {
  const { copy, sources } = await world();
  const [victim, mine] = [source(1, { tenant: 'a' }), source(2, { tenant: 'b' })];
  for (const one of [victim, mine]) await sources.create(one);
  await copy(keys.resource('a', 'SRC', victim.id), keys.resource('b', 'SRC', mine.id));
  await expect(sources.byId(mine.id)).rejects.toThrow(TAMPERED);
});

it('a key copied into the row of another is nobody', async () => {
  const { copy, apiKeys } = await world();
  const [victim, mine] = [apiKey(1, { scopes: ['admin'] }), apiKey(2)];
  for (const one of [victim, mine]) await apiKeys.create(one);
  await copy(keys.apiKey(victim.lookup), keys.apiKey(mine.lookup));
  for (const read of [
    () => apiKeys.byLookup(mine.lookup),
    () => apiKeys.byId(mine.id),
    () => apiKeys.list({ limit: 9 }),
    () => apiKeys.expire(mine, 1),
  ]) {
    await expect(read()).rejects.toThrow(TAMPERED);
  }
  expect(await apiKeys.byId(victim.id)).toEqual(victim);
});
