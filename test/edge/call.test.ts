import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const GET = { method: 'GET', path: '/items' };
const URL = '/v1/integrations/erp/call';

async function world(answer: object = {}) {
  const made = httpWorld();
  await made.register('erp', { serviceType: 'rest_api', endpoint: 'https://erp.example.com' });
  made.sender.answers({
    ...{ statusCode: 200, answer: Buffer.from('{"ok":1}') },
    answerHeaders: [['content-type', 'application/json']],
    ...answer,
  });
  return made;
}

describe('POST …/call', () => {
  it('needs the scope integrations:call, and a key of the tenant', async () => {
    const { call } = await world();
    const statuses = [
      await call('POST', URL, { body: GET, principal: keyWith('integrations:call') }),
      await call('POST', URL, { body: GET, principal: keyWith('integrations:write') }),
      await call('POST', URL, {
        ...{ body: GET, principal: { scopes: ['integrations:call'], tenant: 'other' } },
      }),
      await call('POST', '/v1/integrations/none/call', { body: GET }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 403, 404, 404]);
  });

  it('answers with the service’s body under Breakwater’s own security headers', async () => {
    const { call } = await world();
    const { status, json, headers } = await call('POST', URL, { body: GET });
    expect([status, json]).toEqual([200, { ok: 1 }]);
    expect(headers).toMatchObject({
      ...{ 'x-breakwater-source': 'primary', 'x-breakwater-attempts': '1' },
      ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
  });

  it('compresses a long text for who takes it, and never bytes that a header speaks of', async () => {
    const text = Buffer.from(JSON.stringify({ long: 'a'.repeat(5_000) }));
    const accepting = { body: GET, headers: { 'accept-encoding': 'gzip' } };
    const plain = await world({ answer: text });
    const packed = await plain.call('POST', URL, accepting);
    expect([packed.headers['content-encoding'], packed.json.long.length]).toEqual(['gzip', 5_000]);
    expect(
      (await plain.call('POST', URL, { body: GET })).headers['content-encoding'],
    ).toBeUndefined();
    for (const line of [
      ['etag', '"1"'],
      ['content-type', 'image/png'],
    ]) {
      const other = await world({ answer: text, answerHeaders: [line] });
      const { headers } = await other.call('POST', URL, accepting);
      expect(headers['content-encoding']).toBeUndefined();
    }
  });

  it('is a problem that names the kind of failure, and no line of an error of ours', async () => {
    const made = await world({ statusCode: null, error: 'refused', answer: undefined });
    const post = { method: 'POST', path: '/', body: {} };
    const { status, json, headers } = await made.call('POST', URL, { body: post });
    expect([status, json.code]).toEqual([502, 'upstream-unreachable']);
    expect(json.detail).toContain('refused; requests made: 1');
    expect(headers['x-breakwater-attempts']).toBe('1');
    expect(made.telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is kept under its key while it fits; of more a repetition learns that it was done', async () => {
    const headers = { 'idempotency-key': 'k' };
    const small = await world();
    await small.call('POST', URL, { body: GET, headers });
    const again = await small.call('POST', URL, { body: GET, headers });
    expect([again.status, again.json, again.headers['idempotency-replayed']]).toEqual([
      ...[200, { ok: 1 }, 'true'],
    ]);
    expect(small.sender.sent).toHaveLength(1);

    const large = await world({ answer: randomBytes(500_000), answerHeaders: [] });
    expect((await large.call('POST', URL, { body: GET, headers })).status).toBe(200);
    const told = await large.call('POST', URL, { body: GET, headers });
    expect([told.status, told.json.code]).toEqual([409, 'answer-not-kept']);
    expect(large.sender.sent).toHaveLength(1);
  });
});
