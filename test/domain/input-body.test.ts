import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../lib/domain/errors.ts';
import { BODY_VALUES_MAX, jsonBody } from '../../lib/domain/input/body.ts';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { parseKeyInput } from '../../lib/domain/input/key-input.ts';
import { parseRotationInput } from '../../lib/domain/input/rotation-input.ts';
import { parseSourceInput } from '../../lib/domain/input/source-input.ts';
import { parseTestCallInput } from '../../lib/domain/input/test-call-input.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const PARSERS = {
  integration: (body: unknown) => parseIntegrationInput(body, STRICT),
  source: (body: unknown) => parseSourceInput(body),
  key: (body: unknown) => parseKeyInput(body, 0),
  rotation: (body: unknown) => parseRotationInput(body, 'github', 'integration'),
  'test call': (body: unknown) => parseTestCallInput(body),
};

describe.each(Object.entries(PARSERS))('the body of a %s', (name, parse) => {
  it.each([[null], [[]], ['text'], [1], [true]])('must be an object, not %j', async (body) => {
    if (body === null && (name === 'rotation' || name === 'test call')) return;
    const { code, fields } = await refusalOf(() => parse(body));
    expect(code).toBe('invalid');
    expect(fields['']).toContain('a JSON object');
  });

  it('may not have a field that nobody knows, whose value stays unsaid', async () => {
    const { fields } = await refusalOf(() => parse({ unheardOf: 'hunter2' }));
    expect(fields.unheardOf).toMatch(/^is not a field here; allowed: /);
    expect(JSON.stringify(fields)).not.toContain('hunter2');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('may not have a key %s', async (key) => {
    const top = await refusalOf(() => parse(JSON.parse(`{"${key}":{"a":1}}`)));
    expect(top.fields[key]).toBe('is not allowed as the name of a field');
    const deep = await refusalOf(() => parse(JSON.parse(`{"a":[{"b":{"${key}":1}}]}`)));
    expect(deep.fields[`a.0.b.${key}`]).toBe('is not allowed as the name of a field');
  });

  it('is taken or refused with a RequestError, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        try {
          parse(body);
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
    );
  });
});

describe('any body', () => {
  it('may be nested 32 deep and no deeper', async () => {
    const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    expect(jsonBody(nested(32))).toEqual(nested(32));
    const { fields } = await refusalOf(() => jsonBody(nested(33)));
    expect(Object.values(fields)).toEqual(['is nested deeper than 32']);
  });

  it('may have so many values and no more', async () => {
    const list = (length: number) => ({ list: Array.from({ length }, () => 0) });
    expect(jsonBody(list(BODY_VALUES_MAX - 2))).toBeDefined();
    const { fields } = await refusalOf(() => jsonBody(list(BODY_VALUES_MAX)));
    expect(fields['']).toBe(`has more than ${BODY_VALUES_MAX} values`);
  });

  it('is told the first problem in the message and how many more there are', async () => {
    const { message } = await refusalOf(() => parseSourceInput({ name: 'A b', provider: 'x' }));
    expect(message).toMatch(/^name: "A b" is not allowed: .* \(and 1 more\)$/);
    const one = await refusalOf(() => parseSourceInput({ name: 'ok', provider: 'x' }));
    expect(one.message).not.toContain('more)');
  });

  it('is told each path once, and at most a hundred', async () => {
    const body = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x${i}`, i]));
    const { fields } = await refusalOf(() => parseTestCallInput(body));
    expect(Object.keys(fields)).toHaveLength(100);
  });

  it('shows long values shortened', async () => {
    const { fields } = await refusalOf(() => parseTestCallInput({ type: 'a b'.repeat(100) }));
    expect(fields.type?.length).toBeLessThan(220);
  });
});

describe('a test call', () => {
  it('is refused where it is null in place of an object', () => {
    expect(() => parseTestCallInput(null)).toThrow('allowed: a JSON object');
  });

  it('sends a type and data of its own, or ours', () => {
    expect(parseTestCallInput(undefined)).toEqual({
      type: 'breakwater.test',
      data: { message: 'A test call from Breakwater.' },
    });
    expect(parseTestCallInput({ type: 'a.b', data: null })).toEqual({ type: 'a.b', data: null });
  });

  it.each(['{"constructor":"Renault","prototype":[{"__proto__":1}]}', '"text"', 'false', '0'])(
    'has data that is not looked at: %s',
    (text) => {
      const { data } = parseTestCallInput(JSON.parse(`{"data":${text}}`));
      expect(JSON.stringify(data)).toBe(text);
    },
  );

  it('has data as deep and as wide as an event has', () => {
    const data = [JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`), Array(BODY_VALUES_MAX).fill(0)];
    expect(parseTestCallInput({ data })).toEqual({ type: 'breakwater.test', data });
  });

  it('is no way to a call of the service, which takes another scope', async () => {
    const data = { integration: 'int_1', id: 'call_1', method: 'DELETE', path: '/', query: [] };
    const { fields } = await refusalOf(() => parseTestCallInput({ type: 'breakwater.call', data }));
    expect(Object.keys(fields)).toEqual(['type']);
  });
});

describe('a rotation', () => {
  it('lasts a day unless it says otherwise', () => {
    expect(parseRotationInput(undefined, 'github', 'integration')).toEqual({
      graceSeconds: 86_400,
    });
    const given = { graceSeconds: 0, secret: 'x'.repeat(16) };
    expect(parseRotationInput(given, 'github', 'integration')).toEqual(given);
  });

  it.each([
    [{ graceSeconds: -1 }, 'graceSeconds'],
    [{ graceSeconds: 604_801 }, 'graceSeconds'],
    [{ graceSeconds: 1.5 }, 'graceSeconds'],
    [{ secret: 'short' }, 'secret'],
    [{ secret: 5 }, 'secret'],
  ])('refuses %j', async (body, path) => {
    const { fields } = await refusalOf(() => parseRotationInput(body, 'github', 'integration'));
    expect(Object.keys(fields)).toEqual([path]);
    expect(fields[path]).not.toContain('short');
  });
});

describe('a key', () => {
  const NOW = Date.UTC(2026, 0, 1);
  const parse = (body: unknown) => parseKeyInput(body, NOW);

  it('has a name, scopes each once, and what else is given', () => {
    expect(parse({ name: 'ci', scopes: ['events:read', 'events:read'] })).toEqual({
      name: 'ci',
      scopes: ['events:read'],
    });
    const expiresAt = '2026-01-01T00:00:00.001Z';
    expect(parse({ name: 'ci', scopes: ['admin'], tenant: 'a', expiresAt })).toEqual({
      name: 'ci',
      scopes: ['admin'],
      tenant: 'a',
      expiresAtMs: NOW + 1,
    });
  });

  it.each([
    [{ scopes: ['admin'] }, ['name']],
    [{ name: '', scopes: ['admin'] }, ['name']],
    [{ name: 'a\nb', scopes: ['admin'] }, ['name']],
    [{ name: 'ci' }, ['scopes']],
    [{ name: 'ci', scopes: [] }, ['scopes']],
    [{ name: 'ci', scopes: ['events:*'] }, ['scopes.0']],
    [{ name: 'ci', scopes: ['admin'], tenant: 'a b' }, ['tenant']],
    [{ name: 'ci', scopes: ['admin'], expiresAt: '2026-01-01T00:00:00Z' }, ['expiresAt']],
    [{ name: 'ci', scopes: ['admin'], expiresAt: 'soon' }, ['expiresAt']],
    [{ name: 'ci', scopes: ['admin'], expiresAt: '9999-12-31T23:59:59-14:00' }, ['expiresAt']],
    [{ name: 'ci', scopes: ['admin'], expiresAt: 5 }, ['expiresAt']],
    [
      { name: 'ci', scopes: ['admin'], rateLimit: {}, allowCidrs: [] },
      ['allowCidrs', 'rateLimit.burst', 'rateLimit.perSecond'],
    ],
    [{ name: 'ci', scopes: ['admin'], denyCidrs: [] }, ['denyCidrs']],
    [{ name: 'ci', scopes: ['admin'], key: 'bwk_1' }, ['key']],
  ])('refuses %j at %j', async (body, paths) => {
    const { fields } = await refusalOf(() => parse(body));
    expect(Object.keys(fields).sort()).toEqual(paths);
  });
});
