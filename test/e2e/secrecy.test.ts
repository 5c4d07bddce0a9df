import { inflateRawSync } from 'node:zlib';
import {
  type AttributeValue,
  DynamoDBClient,
  ListTablesCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, type Destination, startDestination } from '../fakes/destination.ts';
import { type Answer, type Asked, type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';

/** Planted wherever a secret can be; each says where it came from, should it turn up. */
const CANARY = {
  bearer: 'canary-bearer-token',
  basic: 'canary-basic-password',
  apiKey: 'canary-api-key-value',
  query: 'canary-query-of-the-endpoint',
  github: 'canary-github-signing-secret',
  whsec: `whsec_${Buffer.from('canary-standard-webhooks').toString('base64')}`,
  source: 'canary-source-secret',
  refused: 'canary-refused-sécret',
  cookie: 'canary-cookie-of-the-answer',
  forged: 'canary-of-a-forged-request',
} as const;
const PAYLOAD = 'canary-payload';

let gateway: Gateway;
let destination: Destination;
/** Everything that was answered but where the contract shows a secret. */
const answers: string[] = [];

beforeAll(async () => {
  gateway = await startGateway({ pollersMax: 1 });
  destination = await startDestination({
    script: ({ path }) => {
      if (path.startsWith('/hang')) return [{ kind: 'hang' }];
      return answer(path.startsWith('/fail') ? 500 : 200, 'ok', {
        'set-cookie': CANARY.cookie,
        'x-auth-token': CANARY.cookie,
      });
    },
  });
  await misuse();
});

afterAll(async () => {
  await destination.close();
  await gateway.stop();
});

async function call(method: string, path: string, asked: Asked = {}): Promise<Answer> {
  const given = await gateway.call(method, path, asked);
  answers.push(`${method} ${path}\n${JSON.stringify([...given.headers])}\n${given.text}`);
  return given;
}

const create = (name: string, fields: Json): Promise<Json> =>
  gateway.register({
    name,
    endpoint: `${destination.url}/${name}?token=${CANARY.query}`,
    eventTypes: [`${name}.*`],
    retry: { schedule: [600] },
    ...fields,
  });

/** Goes through the product with secrets in hand, well-behaved and not. */
async function misuse(): Promise<void> {
  const bearer = { type: 'bearer', token: CANARY.bearer };
  const signing = { scheme: 'standard-webhooks', secret: CANARY.whsec };
  await create('ok-bearer', { auth: bearer, signing });
  const basic = {
    auth: { type: 'basic', username: 'me', password: CANARY.basic },
    signing: { scheme: 'github', secret: CANARY.github },
  };
  await create('fail-basic', basic);
  await create('ok-basic', basic);
  await create('ok-key', { auth: { type: 'apiKey', header: 'X-Key', value: CANARY.apiKey } });
  await create('hang-bearer', { auth: bearer });
  const source = await call('POST', '/v1/sources', {
    body: { name: 'gh', provider: 'github', secret: CANARY.source },
  });

  for (const name of ['ok-bearer', 'fail-basic', 'ok-key']) {
    const path = `/v1/integrations/${name}`;
    await call('PATCH', path, { body: { description: 'changed' } });
    await call('POST', `${path}/test`);
    const { deliveries } = await gateway.publish({ type: `${name}.paid`, data: PAYLOAD });
    await until('an attempt', async () => {
      const { json } = await call('GET', `/v1/deliveries/${deliveries[0].id}`);
      return json.attempts.length > 0;
    });
  }
  await call('PATCH', '/v1/integrations/ok-bearer', { body: { auth: { token: CANARY.refused } } });
  await call('POST', '/v1/integrations', {
    body: { auth: CANARY.refused, signing: { scheme: 'github', secret: CANARY.refused } },
  });
  await call('POST', '/v1/integrations', {
    body: {
      name: 'x',
      endpoint: `https://me:${CANARY.forged}@example.com/`,
      auth: [CANARY.forged],
    },
  });
  await call('POST', '/v1/events', { raw: `{"type": ${CANARY.forged}` });
  await call('GET', '/v1/events', { key: `bwk_${CANARY.forged}` });
  await call('POST', `/in/${source.json.id}`, {
    body: { text: PAYLOAD },
    headers: { 'x-hub-signature-256': `sha256=${CANARY.forged}`, 'x-github-event': 'push' },
    key: null,
  });
  for (const path of ['events', 'deliveries', 'sources', 'keys', 'providers']) {
    await call('GET', `/v1/${path}`);
  }
}

const found = (text: string, canaries: readonly string[]): readonly string[] =>
  canaries.filter((canary) => text.includes(canary) || text.includes(encoded(canary)));

/** As it stands in an `authorization: Basic` header or a stored body. */
const encoded = (canary: string) => Buffer.from(canary).toString('base64').slice(2, -4);

describe('a secret that Breakwater was given', () => {
  it('is in no answer', () => {
    expect(answers.length).toBeGreaterThan(20);
    for (const text of answers) {
      // Its endpoint is the owner's own to read, with all that is in it.
      const owned = text.startsWith('PATCH ') ? CANARY.query : undefined;
      const leaks = found(text, Object.values(CANARY)).filter((leak) => leak !== owned);
      expect([text, leaks]).toEqual([text, []]);
    }
  });

  it('is in no line of the log, nor is a payload', () => {
    const log = gateway.log.join('\n');
    expect(log).toContain('delivery.attempted');
    expect(log).toContain('inbound.rejected');
    expect(found(log, [...Object.values(CANARY), PAYLOAD])).toEqual([]);
    expect(log).not.toContain(gateway.run.apiKey.slice(14, 46));
  });

  it('is in no message of a queue', async () => {
    await gateway.publish({ type: 'hang-bearer.busy', data: {} });
    await until('the only worker to be busy', () => {
      return destination.requests.some(({ path }) => path.startsWith('/hang'));
    });
    // None that failed: its doorbells go through the slow lane, whose worker is free.
    for (const name of ['ok-bearer', 'ok-basic', 'ok-key']) {
      await gateway.publish({ type: `${name}.waiting`, data: PAYLOAD });
    }
    const messages = await allMessages();
    expect(messages).toHaveLength(3);
    expect(found(messages.join('\n'), Object.values(CANARY))).toEqual([]);
    destination.dropAll();
  });

  it('is in no row of the history, of a key or a kept answer in no row at all', async () => {
    const asked = {
      body: { name: 'kept', scopes: ['admin'] },
      headers: { 'idempotency-key': 'keep-this-answer' },
    };
    const first = await gateway.call('POST', '/v1/keys', asked);
    const again = await gateway.call('POST', '/v1/keys', asked);
    expect(again.json.key).toBe(first.json.key);
    const secrets = [first.json.key, gateway.run.apiKey].map((key) => key.slice(14, 46));
    const { registry = '', history = '', state = '' } = await allItems();
    // That what is packed has been read, so that not finding means something.
    expect([registry, history].map((text) => found(text, [CANARY.bearer, PAYLOAD]))).toEqual([
      // Sealed: secrets are in no row in the clear.
      [],
      [PAYLOAD],
    ]);
    expect(registry).toContain('ok-bearer');
    expect(state).toContain('keep-this-answer');
    expect(found(registry + history + state, Object.values(CANARY))).toEqual([]);
    expect(found(registry + history + state, secrets)).toEqual([]);
    expect((await gateway.call('GET', '/v1/keys')).text).not.toContain(secrets[0]);
  });

  it('of an integration is readable with the scope for it alone', async () => {
    const path = '/v1/integrations/ok-bearer/secret';
    const scopes = ['integrations:read', 'integrations:write', 'integrations:call'];
    const key = await gateway.key({ scopes });
    expect((await gateway.call('GET', path, { key })).status).toBe(403);
    const reader = await gateway.key({ scopes: ['secrets:read'] });
    const read = await gateway.call('GET', path, { key: reader });
    expect([read.status, read.json.current]).toEqual([200, CANARY.whsec]);
  });
});

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** What waits in the queues, bodies and attributes, without taking it away. */
async function allMessages(): Promise<readonly string[]> {
  const { sqs, region } = gateway.run.aws;
  const client = new SQSClient({ endpoint: sqs, region, credentials });
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const received = await Promise.all(
    QueueUrls.map((QueueUrl) =>
      client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      ),
    ),
  );
  return received.flatMap(({ Messages = [] }) => Messages.map((one) => JSON.stringify(one)));
}

/** All rows of each table, by the table's part of its name, what is packed unpacked. */
async function allItems(): Promise<Readonly<Record<string, string>>> {
  const { dynamodb, region } = gateway.run.aws;
  const client = new DynamoDBClient({ endpoint: dynamodb, region, credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const tables = TableNames.map(async (TableName) => {
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName }));
    expect(LastEvaluatedKey).toBeUndefined();
    const rows = Items.map((item) => Object.values(item).map(textOf).join('\n'));
    const [table = ''] = /registry|history|state/i.exec(TableName) ?? [];
    return [table.toLowerCase(), rows.join('\n')] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

function textOf(value: AttributeValue): string {
  if (value.B === undefined) return JSON.stringify(value);
  try {
    return inflateRawSync(value.B).toString();
  } catch {
    return Buffer.from(value.B).toString('base64');
  }
}
