import { describe, expect, it } from 'vitest';
import { packText, unpackText } from '../../../lib/adapters/dynamodb/codec.ts';
import { dynamoIntegrations } from '../../../lib/adapters/dynamodb/integrations.ts';
import { dynamoSources } from '../../../lib/adapters/dynamodb/sources.ts';
import { put } from '../../../lib/adapters/dynamodb/store.ts';
import { keys } from '../../../lib/adapters/dynamodb/table.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../../lib/domain/integration.ts';
import { outboundCall } from '../../../lib/domain/outbound-call.ts';
import { newSecret } from '../../../lib/domain/secrets.ts';
import { verify } from '../../../lib/domain/verify.ts';
import { integration, source } from '../../contracts/fixtures.ts';
import { fakeRandom } from '../../fakes/world.ts';
import { modelDynamoDb } from '../../simulation/dynamodb/model.ts';
import { productTables } from '../../simulation/dynamodb/table-spec.ts';
import { kmsWorld } from './kms-world.ts';

const TABLES = { registry: 'registry', history: 'history', state: 'state' };
const PAIR = newSecret('standard-webhooks-ed25519', Buffer.alloc(32, 7));

const FULL: Partial<Integration> = {
  endpoint: 'https://erp.example.com/hooks?token=canary-endpoint',
  request: { ...REQUEST_DEFAULTS, headers: { 'X-Env': 'prod', 'X-Api-Key': 'canary-header' } },
  auth: { type: 'basic', username: 'bw', password: 'canary-password' },
  signing: { scheme: 'standard-webhooks-ed25519', secrets: [{ secret: PAIR }] },
  healthCheck: {
    method: 'GET',
    url: 'https://erp.example.com/up?key=canary-check',
    intervalSeconds: 60,
    timeoutSeconds: 5,
    expectStatus: ['2xx'],
  },
  fallback: [
    {
      type: 'url',
      url: 'https://dr.example.com/hooks?k=canary-link',
      on: ['exhausted'],
      headers: { 'X-Auth-Token': 'canary-link-header' },
      auth: {
        type: 'oauth2ClientCredentials',
        tokenUrl: 'https://id.example.com/token?k=canary-token-url',
        clientId: 'client',
        clientSecret: 'canary-client',
        clientAuthentication: 'basic',
      },
      signing: { scheme: 'github', secrets: [{ secret: 'canary-link-signing' }] },
    },
    { type: 'hold', on: ['breaker-open'] },
  ],
};

async function world() {
  const kms = await kmsWorld();
  const random = fakeRandom('rows');
  const { client: db } = modelDynamoDb({
    clock: kms.clock,
    random: { unit: () => 0.5 },
    tables: productTables(TABLES),
  });
  const options = { clock: kms.clock, random };
  const sealing = { ...options, vault: kms.vault };
  const row = async (prefix: string, { tenant, id }: { tenant: string; id: string }) => {
    const { getItem } = await import('../../../lib/adapters/dynamodb/store.ts');
    const store = { db, table: TABLES.registry, random };
    const item = await getItem(store, keys.resource(tenant, prefix, id));
    return { item, text: unpackText(item?.doc as string) };
  };
  return {
    kms,
    db,
    row,
    store: { db, table: TABLES.registry, random },
    integrations: dynamoIntegrations(db, TABLES, sealing),
    sources: dynamoSources(db, TABLES, sealing),
    /** As a function that may not use the key. */
    keyless: dynamoIntegrations(db, TABLES, options),
    reader: dynamoIntegrations(db, TABLES, { ...options, vault: { open: kms.another().open } }),
  };
}

describe('an integration with secrets', () => {
  it('lies in its row without any of them', async () => {
    const { integrations, row } = await world();
    expect(await integrations.create(integration(1, FULL))).toBe('created');
    const { text } = await row('INT', integration(1));
    expect(text).not.toContain('canary');
    expect(text).not.toContain(PAIR);
  });

  it('is read without KMS, with its URLs cut and its public key, and opened whole', async () => {
    const { integrations, kms } = await world();
    await integrations.create(integration(1, FULL));
    kms.asked.length = 0;
    const found = await integrations.byId(integration(1).id);
    const routes = await integrations.routes('default');
    const { items } = await integrations.list({ limit: 10 });
    expect(kms.asked).toEqual([]);
    expect(routes).toHaveLength(1);
    expect(JSON.stringify([found, items])).not.toContain('canary');
    expect(found).toMatchObject({
      endpoint: 'https://erp.example.com/hooks?…',
      request: { headers: { 'X-Env': 'prod', 'X-Api-Key': '' } },
      auth: { type: 'basic', username: 'bw', password: '' },
      signing: { secrets: [{ publicKey: expect.stringMatching(/^whpk_/) }] },
    });
    if (found === undefined) throw new Error('nothing was found');
    const opened = await integrations.open(found);
    expect(opened).toMatchObject(integration(1, FULL));
    expect(opened).not.toHaveProperty('sealed');
  });

  it('is changed without KMS where its secrets stay, by a function that can open nothing', async () => {
    const { integrations, keyless, kms } = await world();
    await integrations.create(integration(1, FULL));
    kms.world.isDown = true;
    const found = await keyless.byId(integration(1).id);
    if (found === undefined) throw new Error('nothing was found');
    expect(await keyless.save({ ...found, status: 'paused' }, found.name)).toBe('saved');
    await expect(keyless.open(found)).rejects.toThrow('may not open');
    kms.world.isDown = false;
    const paused = await integrations.byId(found.id);
    if (paused === undefined) throw new Error('nothing was found');
    expect(await integrations.open(paused)).toMatchObject({
      ...FULL,
      status: 'paused',
      version: 2,
    });
  });

  it('is not stored while KMS is away: nothing is written, not even its name', async () => {
    const { integrations, kms } = await world();
    kms.world.isDown = true;
    await expect(integrations.create(integration(1, FULL))).rejects.toThrow('KMS');
    kms.world.isDown = false;
    expect(await integrations.create(integration(2, { ...FULL, name: 'billing-1' }))).toBe(
      'created',
    );
  });

  it('sends and signs nothing before it is opened', async () => {
    const { integrations } = await world();
    await integrations.create(integration(1, FULL));
    const found = await integrations.byId(integration(1).id);
    if (found === undefined) throw new Error('nothing was found');
    const message = { eventId: 'evt', deliveryId: 'dlv_1', attempt: 1, body: Buffer.from('{}') };
    expect(() => outboundCall(found, message as never, '1', 0)).toThrow('before its secrets');
  });

  it('stored by an earlier version is read as it is, and sealed when it is next changed', async () => {
    const { integrations, reader, store, row, kms } = await world();
    const plain = integration(1, FULL);
    await integrations.create(integration(1, FULL));
    const { version: _, ...doc } = plain;
    const { item } = await row('INT', plain);
    await put(store, keys.resource('default', 'INT', plain.id), {
      ...item,
      doc: packText(JSON.stringify(doc)),
    });
    kms.asked.length = 0;
    const found = await reader.byId(plain.id);
    if (found === undefined) throw new Error('nothing was found');
    expect(await reader.open(found)).toMatchObject(FULL);
    expect(kms.asked).toEqual([]);
    // A function that seals nothing leaves it as it was.
    await reader.save({ ...found, status: 'disabled' }, found.name);
    expect((await row('INT', plain)).text).toContain('canary-password');
    const next = await integrations.byId(plain.id);
    if (next === undefined) throw new Error('nothing was found');
    await integrations.save(next, next.name);
    expect((await row('INT', plain)).text).not.toContain('canary');
  });

  it('makes code from before it was sealed break off, and not send or check with nothing', async () => {
    const { integrations, sources, row } = await world();
    await integrations.create(integration(1, FULL));
    await sources.create(source(1));
    const old = JSON.parse((await row('INT', integration(1))).text);
    expect(old.auth).toBeNull();
    expect(old.fallback[0].auth).toBeNull();
    expect(old.fallback[1]).toEqual({ type: 'hold', on: ['breaker-open'] });
    expect(JSON.parse((await row('SRC', source(1))).text).verification).toBeNull();
  });

  it('without any secret costs no request to KMS', async () => {
    const { integrations, kms } = await world();
    const signing = { scheme: 'none' } as const;
    await integrations.create(integration(1, { signing }));
    const found = await integrations.byId(integration(1).id);
    if (found === undefined) throw new Error('nothing was found');
    expect(await integrations.open(found)).toMatchObject(integration(1, { signing }));
    expect(kms.asked).toEqual([]);
  });
});

describe('a source', () => {
  it('is stored sealed, opened whole, and checks nothing before', async () => {
    const { sources, row } = await world();
    const made = source(1);
    if (!('secrets' in made.verification)) throw new Error('The fixture has a secret.');
    const [secret] = made.verification.secrets;
    await sources.create(made);
    expect((await row('SRC', made)).text).not.toContain(secret?.secret);
    const found = await sources.byId(made.id);
    if (found === undefined) throw new Error('nothing was found');
    const request = {
      ...{ method: 'POST', path: '/', query: '', body: Buffer.from('{}') },
      headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
    };
    if (made.verification.provider === 'github') {
      expect(() => verify(found.verification, request, 0)).toThrow('before it was opened');
    }
    expect(await sources.open(found)).toEqual(made);
  });
});
