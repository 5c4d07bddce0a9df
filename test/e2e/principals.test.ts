import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyText, parseKey } from '../../lib/domain/keys.ts';
import { type Signed, signatureHeaders } from '../fakes/auth-requests.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { expectProblem } from './problems.ts';

const EVENT = '{"type":"invoice.paid","data":{"amount":120}}';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

/** A request whose signature is for what `signed` says, whatever is sent. */
function send(key: string, signed: Signed, raw?: string) {
  const { method = 'GET', path = '/v1/events', rawQuery = '', body } = signed;
  const content = raw ?? body;
  const url = rawQuery === '' ? path : `${path}?${rawQuery}`;
  return gateway.call(method, url, {
    key: null,
    headers: signatureHeaders(key, signed),
    ...(content !== undefined && { raw: content }),
  });
}

describe('a signed request', () => {
  it('is done as one with the key itself, once', async () => {
    const key = await gateway.key({ scopes: ['events:publish', 'events:read'] });
    const publish = { method: 'POST', body: EVENT, atMs: Date.now() };
    expect((await send(key, publish)).status).toBe(202);
    expectProblem(await send(key, publish), 401, 'replayed');
    expect((await send(key, { ...publish, nonce: 'another' })).status).toBe(202);
    const read = { rawQuery: 'limit=1&type=invoice.paid', atMs: Date.now() };
    expect((await send(key, read)).json.data).toHaveLength(1);
    expect((await send(key, read)).status).toBe(200);
  });

  it('is refused with another body, another time, or a bearer key beside it', async () => {
    const key = await gateway.key({ scopes: ['events:publish'] });
    const publish = { method: 'POST', body: EVENT, atMs: Date.now() };
    expectProblem(await send(key, publish, `${EVENT} `), 401, 'invalid-signature');
    const old = { ...publish, atMs: Date.now() - 400_000 };
    expectProblem(await send(key, old), 401, 'timestamp-out-of-tolerance');
    const both = await gateway.call('GET', '/v1/events', {
      headers: signatureHeaders(key, { atMs: Date.now() }),
    });
    expectProblem(both, 400, 'invalid-header');
  });
});

describe('a key', () => {
  it('for some addresses only is 403 from elsewhere', async () => {
    const here = await gateway.key({ scopes: ['events:read'], allowCidrs: ['127.0.0.0/8'] });
    expect((await gateway.call('GET', '/v1/events', { key: here })).status).toBe(200);
    const there = await gateway.key({ scopes: ['events:read'], allowCidrs: ['192.0.2.0/24'] });
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const answer = await gateway.call('GET', '/v1/events', { key: there, headers });
    expectProblem(answer, 403, 'address-not-allowed');
  });

  it('with a rate limit says how it stands, and is 429 beyond it', async () => {
    const rateLimit = { perSecond: 0.1, burst: 2 };
    const key = await gateway.key({ scopes: ['events:read'], rateLimit });
    const left = [];
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await gateway.call('GET', '/v1/events', { key });
      left.push([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]);
    }
    expect(left).toEqual([
      [200, '2', '1'],
      [200, '2', '0'],
    ]);
    const refused = await gateway.call('GET', '/v1/events', { key });
    expectProblem(refused, 429, 'rate-limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
  });

  it('is replaced by another with the same rights', async () => {
    const made = await gateway.call('POST', '/v1/keys', {
      body: { name: 'ci', scopes: ['events:read'], tenant: 'a' },
    });
    const path = `/v1/keys/${made.json.id}/rotate`;
    const next = await gateway.call('POST', path, { body: { graceSeconds: 3_600 } });
    expect([next.status, next.json]).toMatchObject([
      201,
      { tenant: 'a', scopes: ['events:read'], rotatedFrom: made.json.id },
    ]);
    for (const { key } of [made.json, next.json]) {
      expect((await gateway.call('GET', '/v1/events', { key })).status).toBe(200);
    }
  });

  it('that is tried with wrong secrets is locked for who tries; other keys go on', async () => {
    const good = await gateway.key({ scopes: ['events:read'] });
    const { lookup = '' } = parseKey(good) ?? {};
    const wrong = keyText({ lookup, secret: 'x'.repeat(32) });
    const statuses = [];
    for (let i = 0; i < 12; i++) {
      const answer = await gateway.call('GET', '/v1/events', { key: wrong });
      statuses.push(answer.status);
      if (i === 11) {
        expectProblem(answer, 429, 'locked-out');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
    }
    expect(statuses.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 401));
    expect(statuses.slice(9)).toEqual([429, 429, 429]);
    expect((await gateway.call('GET', '/v1/events')).status).toBe(200);
  });
});
