import { describe, expect, it } from 'vitest';
import type { Authorization } from '../../lib/app/authorize.ts';
import { contentDigest } from '../../lib/domain/request-signature.ts';
import { contextOf } from '../../lib/edge/key-context.ts';
import type { AuthorizerContext } from '../../lib/edge/request.ts';
import { ADMIN, type Call, httpWorld } from './http-world.ts';

const RATE = { limit: 10, remaining: 3, resetSeconds: 7 };
const RATE_HEADERS = {
  'ratelimit-limit': '10',
  'ratelimit-remaining': '3',
  'ratelimit-reset': '7',
};
const EVENT = { type: 'invoice.paid', data: {} };

/** A call that the authorizer has said this of. */
function called(method: string, path: string, verdict: Authorization, call: Call = {}) {
  const lambda: AuthorizerContext = contextOf(verdict);
  const http = { method, path };
  const requestContext = { requestId: 'req-1', http, authorizer: { lambda } };
  return httpWorld().call(method, path, { ...call, event: { requestContext } as never });
}

describe('an answer to nobody', () => {
  it.each([
    [{ reason: 'missing' }, 401, 'unauthorized', {}],
    [{ reason: 'malformed' }, 401, 'unauthorized', { 'www-authenticate': 'Bearer' }],
    [{ reason: 'unknown' }, 401, 'unauthorized', {}],
    [{ reason: 'expired' }, 401, 'unauthorized', {}],
    [{ reason: 'unsigned' }, 401, 'unauthorized', {}],
    [{ reason: 'ambiguous' }, 400, 'invalid-header', {}],
    [{ reason: 'stale' }, 401, 'timestamp-out-of-tolerance', {}],
    [{ reason: 'replayed' }, 401, 'replayed', {}],
    [{ reason: 'address' }, 403, 'address-not-allowed', {}],
    [{ reason: 'locked', waitMs: 60_000 }, 429, 'locked-out', { 'retry-after': '60' }],
    [{ reason: 'locked', waitMs: 1 }, 429, 'locked-out', { 'retry-after': '1' }],
    [
      { reason: 'limited', waitMs: 0, rate: RATE },
      ...([429, 'rate-limited', { 'retry-after': '1', ...RATE_HEADERS }] as const),
    ],
  ] as const)('%j is %d %s', async (verdict, status, code, headers) => {
    for (const [method, path] of [
      ['GET', '/v1/events'],
      ['POST', '/v1/events'],
      ['POST', '/v1/integrations/erp/call'],
    ] as const) {
      const call = method === 'POST' ? { body: EVENT } : {};
      const answer = await called(method, path, verdict, call);
      expect([answer.status, answer.json]).toMatchObject([status, { status, code }]);
      expect(answer.headers).toMatchObject(headers);
    }
  });

  it('says the same of every key that is not good, whatever is wrong with it', async () => {
    const details = [];
    for (const reason of ['missing', 'malformed', 'unknown', 'expired'] as const) {
      details.push((await called('GET', '/v1/events', { reason })).json.detail);
    }
    expect(new Set(details).size).toBe(1);
  });
});

describe('every answer to a key with a limit', () => {
  it.each([
    ['GET', '/v1/events', 200],
    ['GET', '/v1/events/evt_missing', 404],
    ['DELETE', '/v1/keys/key_missing', 404],
    ['POST', '/v1/events', 202],
    ['POST', '/v1/integrations/erp/call', 404],
  ] as const)('says how its bucket stands: %s %s %d', async (method, path, status) => {
    const body = path.endsWith('call') ? { method: 'GET', path: '/x' } : EVENT;
    const call = method === 'POST' ? { body } : {};
    const answer = await called(method, path, { principal: ADMIN, rate: RATE }, call);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(RATE_HEADERS);
    const unlimited = await called(method, path, { principal: ADMIN }, call);
    expect(Object.keys(unlimited.headers).filter((name) => name.startsWith('ratelimit'))).toEqual(
      [],
    );
  });
});

describe('a signed request', () => {
  const text = JSON.stringify(EVENT);
  const digest = contentDigest(Buffer.from(text));
  const publish = (signed: string, sent: Call) =>
    called('POST', '/v1/events', { principal: ADMIN, digest: signed }, sent);
  const json = { headers: { 'content-type': 'application/json' } };

  it.each([
    ['with the body that was signed', digest, text, 202],
    ['with a byte more', digest, `${text} `, 401],
    ['with another body', digest, '{"type":"invoice.lost","data":{}}', 401],
    ['without its body', digest, '', 401],
    ['with a body that was not signed', '', text, 401],
  ])('%s', async (_, signed, raw, status) => {
    const answer = await publish(signed, { raw, ...json });
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.json.code).toBe('invalid-signature');
  });

  it('is refused with headers of CloudEvents, which nobody signed', async () => {
    for (const added of [{ 'ce-specversion': '1.0' }, { 'CE-Type': 'payout.approved' }]) {
      const answer = await publish(digest, { raw: text, headers: { ...json.headers, ...added } });
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid-header']);
    }
  });

  it('is judged by its bytes, also where they came as base64', async () => {
    const answer = await publish(digest, { raw: new Uint8Array(Buffer.from(text)), ...json });
    expect(answer.status).toBe(202);
  });

  it('without a body needs no digest', async () => {
    const answer = await called('GET', '/v1/events', { principal: ADMIN, digest: '' });
    expect(answer.status).toBe(200);
  });

  it('whose body was changed is not done, nor kept for its idempotency key', async () => {
    const headers = { ...json.headers, 'idempotency-key': 'k' };
    const world = httpWorld();
    const send = (raw: string) => {
      const lambda = contextOf({ principal: ADMIN, digest });
      const http = { method: 'POST', path: '/v1/events' };
      const requestContext = { requestId: 'r', http, authorizer: { lambda } };
      return world.call('POST', '/v1/events', { raw, headers, event: { requestContext } as never });
    };
    expect((await send('{}')).status).toBe(401);
    const done = await send(text);
    expect([done.status, done.headers['idempotency-replayed']]).toEqual([202, undefined]);
  });
});
