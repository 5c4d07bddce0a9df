import { describe, expect, it } from 'vitest';
import { RequestError } from '../../lib/domain/errors.ts';
import { parseInstant, parseNewEvent } from '../../lib/domain/event-input.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const rule = { defaultTenant: 'default', nowMs: NOW };
const problems = (input: unknown) => {
  try {
    parseNewEvent(input, rule);
    return [];
  } catch (error) {
    if (error instanceof RequestError) return error.fields;
    throw error;
  }
};

describe('an event as the caller gives it', () => {
  it('needs a type and nothing else', () => {
    expect(parseNewEvent({ type: 'a' }, rule)).toEqual({ tenant: 'default', type: 'a', data: {} });
  });

  it('is read whole', () => {
    const input = {
      type: 'invoice.paid',
      data: [1],
      id: 'my-id_1',
      tenant: 'acme',
      timestamp: '2026-01-15T13:00:00+01:00',
      integrations: ['erp'],
      deliverAt: '2026-01-16T12:00:00Z',
      metadata: { team: 'finance' },
    };
    expect(parseNewEvent(input, rule)).toEqual({
      ...input,
      timestamp: '2026-01-15T12:00:00.000Z',
      deliverAt: undefined,
      deliverAtMs: NOW + 86_400_000,
    });
  });

  it('may have a type that only looks like one of our own', () => {
    for (const type of ['breakwater', 'breakwater-x.y', 'Breakwater.x', 'my.breakwater.x']) {
      expect(parseNewEvent({ type }, rule).type).toBe(type);
    }
  });

  it('keeps a deliverAt that has passed: the same words stay the same event', () => {
    const event = parseNewEvent({ type: 'a', deliverAt: '2026-01-15T11:59:59Z' }, rule);
    expect(event.deliverAtMs).toBe(NOW - 1_000);
  });

  it('keeps data that is false, null or zero', () => {
    expect(parseNewEvent({ type: 'a', data: false }, rule).data).toBe(false);
    expect(parseNewEvent({ type: 'a', data: 0 }, rule).data).toBe(0);
    expect(parseNewEvent({ type: 'a', data: null }, rule).data).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['no type', {}, 'type'],
    ['an empty type', { type: '' }, 'type'],
    ['a type of dots', { type: 'a..b' }, 'type'],
    ['a type with a space', { type: 'a b' }, 'type'],
    ['a type that is too long', { type: 'a'.repeat(129) }, 'type'],
    ['a wildcard as type', { type: 'a.*' }, 'type'],
    ['a number as type', { type: 7 }, 'type'],
    ['a type of our own', { type: 'breakwater.breaker.opened' }, 'type'],
    ['an id with a dot', { type: 'a', id: 'a.b' }, 'id'],
    ['an id that is too long', { type: 'a', id: 'a'.repeat(129) }, 'id'],
    ['an id of an operational event', { type: 'a', id: 'breaker-int_01-0-1' }, 'id'],
    ['an empty id', { type: 'a', id: '' }, 'id'],
    ['a tenant with a slash', { type: 'a', tenant: 'a/b' }, 'tenant'],
    ['a time in words', { type: 'a', timestamp: 'yesterday' }, 'timestamp'],
    ['a time without zone', { type: 'a', timestamp: '2026-01-15T12:00:00' }, 'timestamp'],
    ['a day that does not exist', { type: 'a', timestamp: '2026-02-30T12:00:00Z' }, 'timestamp'],
    ['deliverAt a month ahead', { type: 'a', deliverAt: '2026-02-15T12:00:00Z' }, 'deliverAt'],
    ['an empty list of integrations', { type: 'a', integrations: [] }, 'integrations'],
    [
      'too many integrations',
      { type: 'a', integrations: new Array(101).fill('a') },
      'integrations',
    ],
    ['an integration that is no text', { type: 'a', integrations: [1] }, 'integrations'],
    ['an empty ordering key', { type: 'a', orderingKey: '' }, 'orderingKey'],
    ['an ordering key with a space', { type: 'a', orderingKey: 'a b' }, 'orderingKey'],
    ['an ordering key that is no ASCII', { type: 'a', orderingKey: 'ä' }, 'orderingKey'],
    ['an ordering key too long', { type: 'a', orderingKey: 'k'.repeat(129) }, 'orderingKey'],
    ['metadata that is a list', { type: 'a', metadata: [] }, 'metadata'],
    ['metadata with a number', { type: 'a', metadata: { n: 1 } }, 'metadata.n'],
    ['an unknown field', { type: 'a', payload: {} }, 'payload'],
    ['a list', [], ''],
    ['null', null, ''],
    ['a text', 'a', ''],
  ])('refuses %s', (_, input, path) => {
    const found = problems(input);
    expect(found.map((problem) => problem.path)).toContain(path);
    expect(found[0]?.message).not.toBe('');
  });

  it('names every problem at once', () => {
    const paths = problems({ id: 'a.b', extra: 1 }).map(({ path }) => path);
    expect(paths).toEqual(['extra', 'type', 'id']);
  });

  it('quotes what was given, and texts alone as texts', () => {
    const [id, integrations] = problems({ type: 'a', id: 5, integrations: [] });
    expect([id?.message, integrations?.message]).toEqual([
      expect.stringMatching(/^5 is not/),
      expect.stringMatching(/^\[\]: /),
    ]);
  });

  it.each(['timestamp', 'deliverAt'])('names the years that %s may be in', (path) => {
    const given = '9999-12-31T23:59:59-14:00';
    expect(problems({ type: 'a', [path]: given })).toEqual([
      {
        path,
        message: `"${given}" is not allowed: an RFC 3339 time such as 2026-01-31T12:00:00.000Z, of the years 0001 to 9999 in UTC`,
      },
    ]);
  });

  it('does not take inherited names for fields', () => {
    expect(problems(JSON.parse('{"type":"a","__proto__":{"id":"x"}}'))).toMatchObject([
      { path: '__proto__' },
    ]);
  });
});

describe('an instant', () => {
  it.each<[string, number | undefined]>([
    ['2026-01-15T12:00:00Z', NOW],
    ['2026-01-15t12:00:00.5z', NOW + 500],
    ['2026-01-15T12:00:00.123456789Z', NOW + 123],
    ['2026-01-15T07:00:00-05:00', NOW],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2025-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-01-15', undefined],
    ['2026-01-15T24:00:00Z', undefined],
    ['2026-01-15T12:00:00+24:00', undefined],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    ['9999-12-31T23:59:59-14:00', undefined],
    ['9999-12-31T23:59:59-00:01', undefined],
    ['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00.000Z')],
    ['0000-12-31T12:00:00-12:00', Date.parse('0001-01-01T00:00:00.000Z')],
    ['0000-12-31T23:59:59.999Z', undefined],
    ['0000-01-01T00:00:00+14:00', undefined],
  ])('%s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });
});
