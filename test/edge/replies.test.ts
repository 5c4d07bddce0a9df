import { describe, expect, it } from 'vitest';
import { acceptsGzip, prefersCsv } from '../../lib/edge/reply.ts';
import { httpWorld } from './http-world.ts';

describe('every answer', () => {
  it.each(['/health/live', '/v1/events', '/v1/nothing'])('carries its headers: %s', async (url) => {
    const { call } = httpWorld();
    const { headers } = await call('GET', url);
    expect(headers).toMatchObject({
      'x-request-id': 'req-1',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'strict-transport-security': expect.stringContaining('max-age='),
    });
  });

  it('is JSON in UTF-8', async () => {
    const { call } = httpWorld();
    const { headers } = await call('GET', '/health/live');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('is compressed above 1 KiB where the client accepts it, and reads the same', async () => {
    const { call, publish } = httpWorld();
    for (let i = 0; i < 20; i++) await publish();
    const plain = await call('GET', '/v1/events');
    const packed = await call('GET', '/v1/events', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.text).toBe(plain.text);
    const small = await call('GET', '/health/live', { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['*', true],
    ['*;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['gzip;q=nonsense', false],
  ])('Accept-Encoding %j is gzip: %s', (header, accepted) => {
    expect(acceptsGzip(header)).toBe(accepted);
  });

  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/csv', true],
    ['text/csv, application/json;q=0.5', true],
    ['text/csv;q=0.4, application/json', false],
    ['text/csv;q=0', false],
  ])('Accept %j is CSV: %s', (header, wanted) => {
    expect(prefersCsv(header)).toBe(wanted);
  });
});

describe('the access line', () => {
  it('says who, what and how, and nothing of body or query', async () => {
    const { call, deps } = httpWorld();
    await call('GET', '/v1/events?q=secret-word', { principal: { tenant: 'a' } });
    const { message, fields } = deps.telemetry.lines.at(-1) ?? {};
    expect([message, fields]).toEqual([
      'http.request',
      {
        requestId: 'req-1',
        route: 'GET /v1/events',
        status: 200,
        ms: expect.any(Number),
        keyId: 'key_admin',
        tenant: 'a',
      },
    ]);
    expect(deps.telemetry.counts.get('Requests')).toBe(1);
  });

  it('is the line of the event where one was accepted', async () => {
    const { call, deps } = httpWorld();
    await call('POST', '/v1/events', { body: { type: 'a' } });
    expect(deps.telemetry.lines.map(({ message }) => message)).toEqual(['event.accepted']);
    expect(deps.telemetry.counts.get('Requests')).toBe(1);
  });

  it('names the problem and a replay', async () => {
    const { call, deps } = httpWorld();
    const request = { body: { type: 7 }, headers: { 'idempotency-key': 'k' } };
    await call('POST', '/v1/events', request);
    await call('POST', '/v1/events', request);
    const lines = deps.telemetry.lines.filter(({ message }) => message === 'http.request');
    expect(lines.map(({ fields }) => [fields.code, fields.replayed])).toEqual([
      ['invalid', undefined],
      ['invalid', true],
    ]);
  });
});
