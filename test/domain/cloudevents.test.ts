import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import {
  isCloudEventBinary,
  isCloudEventStructured,
  isCloudEventsBatch,
  parseCloudEvent,
  structuredFromBinary,
} from '../../lib/domain/cloudevents.ts';
import { RequestError } from '../../lib/domain/errors.ts';

const rule = { defaultTenant: 'default', nowMs: Date.UTC(2026, 0, 15) };
const minimal = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'order.paid' };
const event = new CloudEvent({
  ...minimal,
  time: '2026-01-15T10:00:00.000Z',
  subject: 'order/7',
  data: { amount: 7 },
});
const expected = {
  tenant: 'default',
  id: 'A-1',
  type: 'order.paid',
  timestamp: '2026-01-15T10:00:00.000Z',
  source: '/shop',
  data: { amount: 7 },
};
const lower = (headers: object) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );

describe('CloudEvents 1.0', () => {
  it('are read in structured mode as the official SDK writes them', () => {
    const { headers, body } = HTTP.structured(event);
    expect(isCloudEventStructured(lower(headers)['content-type'] ?? '')).toBe(true);
    const parsed = parseCloudEvent(JSON.parse(String(body)), rule);
    expect(parsed).toMatchObject(expected);
    expect(parsed.metadata?.['ce-subject']).toBe('order/7');
  });

  it('are read in binary mode as the official SDK writes them', () => {
    const { headers, body } = HTTP.binary(event);
    const given = lower(headers);
    expect(isCloudEventBinary(given)).toBe(true);
    const structured = structuredFromBinary(given, Buffer.from(String(body)));
    expect(parseCloudEvent(structured, rule)).toMatchObject(expected);
  });

  it('may not have a type of our own', () => {
    const own = { ...minimal, type: 'breakwater.breaker.opened' };
    expect(() => parseCloudEvent(own, rule)).toThrow(/^type: "breakwater.breaker.opened" is not/);
  });

  it('keep text and bytes that are not JSON', () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'x', 'ce-source': 's', 'ce-type': 't' };
    const text = structuredFromBinary(
      { ...headers, 'content-type': 'text/plain' },
      Buffer.from('hé'),
    );
    expect(parseCloudEvent(text, rule).data).toBe('hé');
    const bytes = structuredFromBinary(
      { ...headers, 'content-type': 'application/octet-stream' },
      Buffer.from([0xff, 0x00]),
    );
    expect(parseCloudEvent(bytes, rule).data).toEqual({ data_base64: '/wA=' });
    expect(structuredFromBinary(headers, Buffer.alloc(0)).data).toBeUndefined();
  });

  it('may come without data', () => {
    expect(parseCloudEvent(minimal, rule).data).toEqual({});
    expect(parseCloudEvent({ ...minimal, data: null }, rule).data).toBeNull();
    expect(parseCloudEvent({ ...minimal, data_base64: 'AAEC' }, rule).data).toEqual({
      data_base64: 'AAEC',
    });
  });

  it('decode percent-encoded attribute headers', () => {
    const structured = structuredFromBinary({ 'ce-subject': 'Euro%20%E2%82%AC' }, Buffer.alloc(0));
    expect(structured.subject).toBe('Euro €');
    expect(() => structuredFromBinary({ 'ce-subject': '%E2%82' }, Buffer.alloc(0))).toThrow(
      RequestError,
    );
  });

  it('with an id that cannot be signed get one made of source and id', () => {
    const one = parseCloudEvent({ ...minimal, id: 'a.b/c' }, rule).id;
    expect(one).toMatch(/^ce_[A-Za-z0-9_-]{43}$/);
    expect(parseCloudEvent({ ...minimal, id: 'a.b/c' }, rule).id).toBe(one);
    expect(parseCloudEvent({ ...minimal, id: 'a.b/c', source: '/else' }, rule).id).not.toBe(one);
  });

  it.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['another version', { ...minimal, specversion: '0.3' }, 'specversion'],
    ['no id', { ...minimal, id: undefined }, 'id'],
    ['an empty source', { ...minimal, source: '' }, 'source'],
    ['no type', { ...minimal, type: undefined }, 'type'],
    ['an attribute in capitals', { ...minimal, Foo: 1 }, 'Foo'],
    ['data twice', { ...minimal, data: 1, data_base64: 'AAEC' }, 'data_base64'],
    ['base64 that is none', { ...minimal, data_base64: '!!!' }, 'data_base64'],
    ['a time in words', { ...minimal, time: 'now' }, 'time'],
  ])('refuse %s', (_, input, path) => {
    const refused = (() => {
      try {
        return parseCloudEvent(input, rule);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(RequestError);
    expect((refused as RequestError).fields.map((field) => field.path)).toContain(path);
  });

  it.each([
    [{ time: 'bad' }, 'time'],
    [{ subject: 'x'.repeat(501) }, 'subject'],
    [{ type: 'a b' }, 'type'],
  ])('are refused by the names of their attributes: %j', (more, path) => {
    expect(() => parseCloudEvent({ ...minimal, ...more }, rule)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(`^${path}: `),
        fields: [{ path, message: expect.any(String) }],
      }),
    );
  });

  it('refuse binary JSON that is none', () => {
    expect(() =>
      structuredFromBinary({ 'content-type': 'application/json' }, Buffer.from('{')),
    ).toThrow(RequestError);
  });

  it('are told by their content type', () => {
    expect(isCloudEventsBatch('application/cloudevents-batch+json; charset=utf-8')).toBe(true);
    expect(isCloudEventsBatch('application/cloudevents+json')).toBe(false);
    expect(isCloudEventStructured('application/json')).toBe(false);
    expect(isCloudEventBinary({})).toBe(false);
  });
});
