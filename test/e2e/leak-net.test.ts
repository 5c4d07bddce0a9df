import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { DynamoDBClient, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import type { LocalRun } from '../../lib/local/local-run.ts';
import type { Json } from './client.ts';
import { faultyAssembly } from './faulty-assembly.ts';
import { startGateway } from './gateway.ts';

const TOKEN = 'planted-token-of-an-integration-Yx4wVu';
const QUERY = 'planted-query-of-an-endpoint-Zp2sRq';

/** What no function of ours does: writes what it is asked, counts by it, breaks with it. */
const TELLS_ALL = `
  if (phase === 'after' || event.body === undefined) return false;
  console.log(event.body);
  const _aws = { CloudWatchMetrics: [{ Metrics: [{ Name: 'Leaks' }] }] };
  console.log(JSON.stringify({ _aws, Leaks: 1, caller: event.headers.authorization }));
  if (event.rawPath.endsWith('/pause')) throw new Error(event.body);
  return false;`;

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

async function plantMessage({ aws: { sqs, region } }: LocalRun, secret: string): Promise<void> {
  const client = new SQSClient({ endpoint: sqs, region, credentials });
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes('DeadLettersDelivery'));
  const MessageBody = `https://example.com/?secret=${encodeURIComponent(secret)}`;
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

/** As attempts are kept: packed; and the token as it is in `Authorization: Basic`. */
async function plantAttempt({ aws: { dynamodb, region } }: LocalRun): Promise<void> {
  const client = new DynamoDBClient({ endpoint: dynamodb, region, credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.includes('History'));
  const echo = `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`;
  const Item = { pk: { S: 'x' }, sk: { S: 'x' }, a: { B: deflateRawSync(Buffer.from(echo)) } };
  await client.send(new PutItemCommand({ TableName, Item }));
}

it('a secret that is written anywhere is found when the run stops', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-leaks-'));
  const nothing = 'return false;';
  const kill = { Api: TELLS_ALL, Publish: nothing, Deliver: nothing };
  const gateway = await startGateway({ assembly: await faultyAssembly(dir, kill), isFaulty: true });
  const { run } = gateway;
  // Not by the gateway's own `call`: whatever way a test asks, it is heard.
  const post = (path: string, body: object) =>
    fetch(`${run.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const endpoint = `http://127.0.0.1:9009/?token=${QUERY}`;
  const auth = { type: 'bearer', token: TOKEN };
  const made = { name: 'leaky', serviceType: 'webhook', endpoint, eventTypes: ['a'], auth };
  const { signing } = (await (await post('/v1/integrations', made)).json()) as Json;
  expect((await post('/v1/integrations/leaky/pause', { auth })).status).toBe(500);
  await plantMessage(run, signing.secret);
  await plantAttempt(run);
  const found = await gateway.stop().catch((error: Error) => error.message);
  expect(found).toMatch(/^Secrets were written:\n/);
  const heard = String.raw`secret \d+ of POST /v1/integrations`;
  for (const [where, what] of [
    ['log', QUERY],
    ['log', TOKEN],
    ['figures', 'Leaks'],
    ['DeadLettersDelivery\\w+', 'whsec_'],
    ['table history', ''],
  ]) {
    expect(found).toMatch(new RegExp(`^${where}: ${heard} .*${what}`, 'm'));
  }
  expect(gateway.log).toContainEqual(expect.stringMatching(/^FAILURE .*planted-token/));
  await rm(dir, { recursive: true });
});
