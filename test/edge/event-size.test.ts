import { describe, expect, it } from 'vitest';
import { EVENT_BODY_BYTES_MAX, EVENT_BYTES_MAX } from '../../lib/domain/event.ts';
import { type Call, httpWorld } from './http-world.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const CLOUD_EVENT = { specversion: '1.0', id: 'ce-1', source: '/shop', type: 'a.b' };

/** JSON of exactly so many bytes, by a text in its `data`. */
function ofBytes(bytes: number, event: object, fill = 'x'): string {
  const empty = JSON.stringify({ ...event, data: '' });
  return JSON.stringify({ ...event, data: fill.repeat(bytes - empty.length) });
}

function binary(contentType: string, raw: string | Uint8Array): Call {
  const { specversion, id, source, type } = CLOUD_EVENT;
  const attributes = { 'ce-specversion': specversion, 'ce-id': id, 'ce-source': source };
  return { raw, headers: { ...attributes, 'ce-type': type, 'content-type': contentType } };
}

const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
const MODES: readonly (readonly [string, (bytes: number) => Call])[] = [
  ['JSON', (bytes) => ({ raw: ofBytes(bytes, { type: 'a.b' }), headers: JSON_TYPE })],
  [
    'JSON with spaces',
    (bytes) => ({ raw: `${' '.repeat(bytes - 14)}{"type":"a.b"}`, headers: JSON_TYPE }),
  ],
  [
    'a structured CloudEvent',
    (bytes) => ({
      raw: ofBytes(bytes, CLOUD_EVENT),
      headers: { 'content-type': 'application/cloudevents+json' },
    }),
  ],
  ['a binary CloudEvent of JSON', (bytes) => binary('application/json', text(bytes))],
  ['a binary CloudEvent of text', (bytes) => binary('text/plain', '\n'.repeat(bytes))],
  [
    'a binary CloudEvent of bytes',
    (bytes) => binary('application/octet-stream', new Uint8Array(bytes).fill(0xff)),
  ],
];

describe('an event as large as may be sent', () => {
  it.each(MODES)('is 202 as %s, and 413 with one byte more', async (_, sent) => {
    const { call } = httpWorld();
    const taken = await call('POST', '/v1/events', sent(EVENT_BYTES_MAX));
    expect(taken.status).toBe(202);
    expect((await call('GET', `/v1/events/${taken.json.id}`)).status).toBe(200);
    const refused = await call('POST', '/v1/events', sent(EVENT_BYTES_MAX + 1));
    expect([refused.status, refused.json.code]).toEqual([413, 'payload-too-large']);
    expect(refused.json.detail).toBe('The body takes 1048577 bytes; allowed are 1048576.');
  });

  it('is taken in a batch, each by itself', async () => {
    const { call } = httpWorld();
    const sizes = [EVENT_BYTES_MAX + 1, EVENT_BYTES_MAX, 40];
    const raw = `[${sizes.map((bytes) => ofBytes(bytes, { type: 'a.b' })).join(', ')}]`;
    const { status, json } = await call('POST', '/v1/events/batch', { raw, headers: JSON_TYPE });
    const results = json.results as { status: number; problem?: { detail: string } }[];
    expect([status, ...results.map((one) => one.status)]).toEqual([207, 413, 202, 202]);
    expect(results[0]?.problem?.detail).toContain(String(EVENT_BYTES_MAX + 1));
  });

  it.each([
    ['JSON', 'application/json', text(EVENT_BYTES_MAX)],
    ['text', 'text/plain', '"\n'.repeat(EVENT_BYTES_MAX / 2)],
    ['bytes', 'application/octet-stream', new Uint8Array(EVENT_BYTES_MAX).fill(0xff)],
  ])('is 202 when it comes from others as %s', async (_, contentType, raw) => {
    const { call } = httpWorld();
    const { json } = await call('POST', '/v1/sources', { body: { name: 's', provider: 'none' } });
    const headers = { 'content-type': contentType };
    const taken = await call('POST', `/in/${json.id}`, { raw, headers, principal: null });
    expect(taken.status).toBe(202);
  });

  it('is 413 where JSON makes more than twice of it, with both reasons for that', async () => {
    const { call } = httpWorld();
    const raw = '\u0001'.repeat(EVENT_BYTES_MAX);
    const refused = await call('POST', '/v1/events', binary('text/plain', raw));
    expect([refused.status, refused.json.code]).toEqual([413, 'payload-too-large']);
    expect(refused.json.detail).toContain(`allowed are ${EVENT_BODY_BYTES_MAX}`);
  });
});
