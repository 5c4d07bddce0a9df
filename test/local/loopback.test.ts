import { createServer, request, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsServer, serveAwsJson } from '../../lib/local/aws-json.ts';
import { type LocalDynamo, startDynamo } from '../../lib/local/dynamodb.ts';
import { listenOnLoopback, refusePages, stopServer } from '../../lib/local/loopback.ts';

let aws: AwsServer;
let dynalite: LocalDynamo;
let plain: Server;
const urls = new Map<string, string>();

beforeAll(async () => {
  const operation = () => () => ({ SecretString: 'of this machine alone' });
  aws = await serveAwsJson({ target: 'a', version: '1.1', errorPrefix: '', operation });
  dynalite = await startDynamo({ kind: 'dynalite' });
  plain = refusePages(createServer((_, response) => response.end('hello')));
  urls.set('a stand-in', aws.url).set('dynalite', dynalite.endpoint);
  urls.set('a server', `http://127.0.0.1:${await listenOnLoopback(plain, 0)}`);
});

afterAll(async () => {
  await aws.stop();
  await dynalite.stop();
  await stopServer(plain);
});

const HEADERS = {
  ...{
    'x-amz-target': 'DynamoDB_20120810.ListTables',
    'content-type': 'application/x-amz-json-1.0',
  },
  authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, ...',
};

function ask(url: string, method: string, headers: Readonly<Record<string, string>>) {
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    const sent = request(url, { method, headers: { ...HEADERS, ...headers } }, async (response) => {
      const body = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject).end('{}');
  });
}

describe.each(['a stand-in', 'dynalite', 'a server'])('%s', (name) => {
  const url = () => urls.get(name) ?? '';
  const port = () => new URL(url()).port;

  it.each([
    ['a page of any origin', 'POST', { origin: 'https://example.com' }],
    ['a page that asks first', 'OPTIONS', { origin: 'null' }],
    ['a name that was made to lead here', 'POST', { host: 'example.com' }],
    ['such a name with the port', 'POST', { host: 'localhost.example.com:8000' }],
  ])('tells %s nothing', async (_, method, headers) => {
    const { status, headers: answered, body } = await ask(url(), method, headers);
    expect([status, body]).toEqual([403, '']);
    expect(Object.keys(answered).join()).not.toContain('access-control');
  });

  it('answers programs, by address and as localhost', async () => {
    for (const host of [`127.0.0.1:${port()}`, `localhost:${port()}`]) {
      expect((await ask(url(), 'POST', { host })).status).not.toBe(403);
    }
  });
});

it('dynoxide is at an address that no page can guess', async () => {
  const first = await startDynamo({ kind: 'dynoxide' }).catch(() => undefined);
  const second = await startDynamo({ kind: 'dynoxide' }).catch(() => undefined);
  try {
    const hosts = [first, second].map((one) => one && new URL(one.endpoint).hostname);
    if (first !== undefined) expect(hosts[0]).not.toBe(hosts[1]);
    for (const host of hosts) if (host !== undefined) expect(host).toMatch(/^127\./);
    expect(hosts).not.toContain('127.0.0.1');
  } finally {
    await first?.stop();
    await second?.stop();
  }
});
