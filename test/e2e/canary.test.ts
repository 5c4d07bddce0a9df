import { inflateRawSync } from 'node:zlib';
import {
  type AttributeValue,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Destination, startDestination } from '../fakes/destination.ts';
import { leaksIn, spellingsOf } from './canaries.ts';
import * as flows from './canary-flows.ts';
import { type Call, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';

const { SECRETS, CONTENTS, NAMES } = flows;
const ALL = { ...SECRETS, ...CONTENTS };
/** The network and AWS fail now and then, so that what is said of it is looked at too. */
const RATES = {
  ...{ 'dynamodb-throttle': 0.03, 'dynamodb-lost-before': 0.01, 'dynamodb-lost-after': 0.02 },
  ...{ 'sqs-throttled': 0.05, 'sqs-partial': 0.05, 'kill-after': 0.004 },
};
const ROUNDS = 2;

let gateway: Gateway;
let destination: Destination;
/** Everything that was answered but where the contract shows what it was given. */
const answers: string[] = [];

beforeAll(async () => {
  destination = await startDestination({ script: flows.echo });
  gateway = await startGateway({ isFaulty: true, faults: { seed: 7, rates: RATES } });
  const call: Call = async (method, path, asked) => {
    const answer = await gateway.call(method, path, asked);
    const isCalls = path.endsWith('/call') && answer.headers.has('x-breakwater-source');
    if (!isCalls && !path.endsWith('/secret/rotate'))
      answers.push(`${method} ${path} ${JSON.stringify([...answer.headers])}\n${answer.text}`);
    return answer;
  };
  const walk = { gateway, destination, call: patient(call) };
  await flows.register({ ...walk, gateway: { ...gateway, register: registering(walk.call) } });
  for (const go of [flows.send, flows.receive, flows.misuse, flows.poison]) await go(walk);
  for (let round = 0; round < ROUNDS; round++) await gateway.run.tick();
  await until('attempts of all', async () => {
    const { json } = await gateway.call('GET', '/v1/deliveries');
    const tried = json.data?.filter((one: { attemptCount?: number; attempts?: unknown }) => one);
    return (tried?.length ?? 0) >= NAMES.length && destination.requests.length >= 2 * NAMES.length;
  });
  await look(walk.call);
}, 600_000);

afterAll(async () => {
  await destination.close();
  await gateway.stop();
});

/** Asks again while something is out of order on purpose. */
const patient =
  (call: Call): Call =>
  async (method, path, asked) => {
    for (let tries = 1; ; tries++) {
      const answer = await call(method, path, asked);
      if (answer.status < 500 || path.endsWith('/call') || tries === 10) return answer;
    }
  };

/** The answer of a creation shows signing secrets, as its contract says: it is not kept. */
const registering = (_: Call): Gateway['register'] => {
  const make = patient((method, path, asked) => gateway.call(method, path, asked));
  return async (fields) => {
    const body = { serviceType: 'webhook', ...fields };
    const answer = await make('PUT', `/v1/integrations/${fields.name}`, { body });
    if (answer.status < 300) return answer.json;
    throw new Error(`${fields.name}: ${answer.status} ${answer.text}\n${gateway.log.slice(-5)}`);
  };
};

async function look(call: Call): Promise<void> {
  const lists = ['deliveries', 'integrations', 'sources', 'keys', 'jobs', 'breakers', 'stats'];
  for (const path of [...lists, 'audit', 'events?limit=100']) await call('GET', `/v1/${path}`);
  for (const name of NAMES) {
    for (const path of ['', '/health', '/stats', '/breaker', '/breaker/history']) {
      await call('GET', `/v1/integrations/${name}${path}`);
    }
  }
  const { json } = await gateway.call('GET', '/v1/deliveries');
  for (const { id } of json.data) await call('GET', `/v1/deliveries/${id}`);
}

/** No secret of these is in one of the texts; says how much was looked at. */
function expectNone(where: string, texts: readonly string[], secrets: Record<string, string>) {
  expect(texts.length).toBeGreaterThan(0);
  expect(leaksIn(texts, secrets)).toEqual([]);
  const spellings = Object.values(secrets).flatMap(spellingsOf).length;
  const counts = `${Object.keys(secrets).length} canaries in ${spellings} spellings`;
  process.stdout.write(`canaries: ${counts}, ${texts.length} ${where}: 0 found\n`);
}

describe('what was planted', () => {
  it('has arrived where it belongs, or nothing is shown', () => {
    const seen = destination.requests.map(({ path, headers, body }) =>
      JSON.stringify([path, headers, body.toString()]),
    );
    const sent = ['bearer', 'apiKey', 'query', 'header', 'tokenQuery'] as const;
    for (const name of sent) expect(leaksIn(seen, { [name]: SECRETS[name] })).toHaveLength(1);
    expect(leaksIn(seen, { payload: CONTENTS.payload })).toHaveLength(1);
  });

  it('is in no line of any log, and in no figure', async () => {
    const own = { adminKey: gateway.run.apiKey.slice(14, 46) };
    expect(gateway.log.join('\n')).toContain('message.unreadable');
    expect(gateway.log.join('\n')).toContain('inbound.rejected');
    expectNone('log lines', gateway.log, { ...ALL, ...own });
    expectNone('lines of figures', gateway.figures, { ...ALL, ...own });
  });

  it('is in no answer, and in no record of an attempt', () => {
    const { query: _, healthQuery: __, tokenQuery: ___, linkQuery: ____, ...more } = SECRETS;
    // Request headers are settings, shown to whoever may read them; credentials have `auth`.
    const { header: _____, ...others } = more;
    // What a caller said is told to it again: what it filters by, whom it asks for.
    const { cookie } = CONTENTS;
    expectNone('answers', answers, { ...others, cookie });
  });

  it('is in no message, of queues and of dead letters, but what others put there', async () => {
    const { poison: _, orderingKey: __, ...contents } = CONTENTS;
    await gateway.publish({ type: 'echo.late', data: CONTENTS.payload }).catch(() => {});
    const messages = [...(await allMessages()), 'the end'];
    expectNone('messages', messages, { ...SECRETS, ...contents });
  });

  it('is in no row of a table but its own', async () => {
    const rows = await allRows();
    expect(Object.keys(rows).sort()).toEqual(
      expect.arrayContaining(['history', 'registry', 'state']),
    );
    const { header: _, ...secrets } = SECRETS;
    for (const [table, texts] of Object.entries(rows)) {
      // Custom headers are settings: the registry and the audit log have them, and the history
      // where a receiver sends them back.
      const isSettings = table !== 'state';
      if (!isSettings) expectNone(`rows of ${table}`, texts, SECRETS);
      else expectNone(`rows of ${table}`, texts, secrets);
      if (table !== 'history' && texts.length > 0) {
        const { idempotencyKey: __, ...contents } = CONTENTS;
        expectNone(`rows of ${table}`, texts, contents);
      }
    }
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
          ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 },
          ...{ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] },
        }),
      ),
    ),
  );
  return received.flatMap(({ Messages = [] }) => Messages.map((one) => JSON.stringify(one)));
}

/** All rows of each table, by the table's part of its name, what is packed unpacked. */
async function allRows(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { dynamodb, region } = gateway.run.aws;
  const client = new DynamoDBClient({ endpoint: dynamodb, region, credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const rows: Record<string, string[]> = {};
  for (const TableName of TableNames) {
    const [, table = TableName] = /^Storage([A-Za-z]+?)[0-9A-F]{8}$/.exec(TableName) ?? [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      const texts = Items.map((item) => Object.values(item).map(textOf).join('\n'));
      rows[table.toLowerCase()] = [...(rows[table.toLowerCase()] ?? []), ...texts];
    }
  }
  return rows;
}

function textOf(value: AttributeValue): string {
  if (value.B === undefined) return JSON.stringify(value);
  try {
    return inflateRawSync(value.B).toString();
  } catch {
    return Buffer.from(value.B).toString('latin1');
  }
}
