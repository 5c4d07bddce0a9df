import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_PATH_CHARS_MAX, callPathProblem, callUrl } from '../../lib/domain/call-url.ts';
import { checkUrl } from '../../lib/domain/egress.ts';

const ENDPOINT = 'https://api.example.com/v1';
const POLICY = { mode: 'strict', ownHosts: [] } as const;

function urlOf(
  path: string,
  query: readonly (readonly [string, string])[] = [],
  endpoint = ENDPOINT,
) {
  const joined = callUrl(endpoint, { path, query });
  return joined.ok ? joined.url : undefined;
}

describe('the URL of a call', () => {
  it.each([
    [ENDPOINT, '/items', 'https://api.example.com/v1/items'],
    [ENDPOINT, '/', 'https://api.example.com/v1/'],
    ['https://api.example.com/v1/', '/items/', 'https://api.example.com/v1/items/'],
    ['https://api.example.com', '/a//b', 'https://api.example.com/a//b'],
    ['https://api.example.com:8443/', '/a;v=1', 'https://api.example.com:8443/a;v=1'],
    [ENDPOINT, '/group%2Fproject', 'https://api.example.com/v1/group%2Fproject'],
    [ENDPOINT, '/a.b/..c/...', 'https://api.example.com/v1/a.b/..c/...'],
    [ENDPOINT, '/%C3%BC', 'https://api.example.com/v1/%C3%BC'],
  ])('%s and %s make %s', (endpoint, path, url) => {
    expect(urlOf(path, [], endpoint)).toBe(url);
  });

  it('has the query of the endpoint, then that of the call', () => {
    const query = [
      ['a', 'b&c=d'],
      ['a', '#?'],
      ['ü', ''],
    ] as const;
    expect(urlOf('/x', query, `${ENDPOINT}?key=k`)).toBe(
      'https://api.example.com/v1/x?key=k&a=b%26c%3Dd&a=%23%3F&%C3%BC=',
    );
  });

  it.each([
    '',
    'items',
    '//evil.example.net/',
    '/\\evil.example.net',
    '/..',
    '/../admin',
    '/a/../../admin',
    '/./a',
    '/a/.',
    '/%2e%2e/admin',
    '/%2E./admin',
    '/%252e%252e/admin',
    '/%25252e%25252e/admin',
    '/%2525252525252e/admin',
    '/a%2f..%2fadmin',
    '/..;/admin',
    '/..%3b/admin',
    '/a%5c..%5cadmin',
    '/a%00',
    '/a%0d%0aX: y',
    '/a b',
    '/a\tb',
    '/a\n',
    '/a?b',
    '/a#b',
    '/ü',
    '/%',
    '/%zz',
    'https://evil.example.net/',
    '@evil.example.net/',
    ':8080/',
    '.evil.example.net/',
    `/${'a'.repeat(CALL_PATH_CHARS_MAX)}`,
  ])('is never made of %j', (path) => {
    expect(callPathProblem(path)).toMatch(/allowed/);
    expect(urlOf(path)).toBeUndefined();
  });

  it('is refused without a word of the query that it has', () => {
    expect(callPathProblem('/users?token=hunter2')).toMatch(/^"\/users\?…" is not allowed/);
    for (const [path, quoted] of [
      ['https://a:hunter2@erp.example.com/x', 'https://…'],
      ['https://a:p?hunter2@erp.example.com/x', 'https://…'],
      ['//a:hunter2@erp.example.com/x?a', '//…'],
      ['a:hunter2@erp.example.com', 'a:…'],
      ['users/1?token=hunter2', 'users/1?…'],
    ] as const) {
      expect(callPathProblem(path)).toContain(`"${quoted}" is not allowed`);
    }
  });

  it('is refused where it is longer than may be called', () => {
    expect(urlOf('/x', [['q', 'a'.repeat(2_000)]])).toBeDefined();
    expect(callUrl(ENDPOINT, { path: '/x', query: [['q', 'a'.repeat(2_100)]] })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('2048'),
    });
  });

  const tricky = fc.constantFrom(
    ...[
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      '@',
      ':',
      '?',
      '#',
      ';',
      '%',
      '%25',
      '%00',
    ],
    ...['evil.example.net', 'a', 'Z', '\t', '\n', '\u0000', 'ü', '\ud800', '。', '／', '&', '='],
  );
  const text = fc.oneof(
    fc.array(tricky, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 24 }),
  );
  const endpoints = fc.constantFrom(
    ...['https://api.example.com', 'https://api.example.com/', 'https://api.example.com/v1'],
    ...['https://api.example.com/v1/?k=v', 'https://api.example.com:8443/a/b/'],
  );

  it('never leads to another origin, nor out of the endpoint’s path, whatever it is made of', () => {
    let made = 0;
    fc.assert(
      fc.property(endpoints, text, fc.array(fc.tuple(text, text), { maxLength: 3 }), (...given) => {
        const [endpoint, path, query] = given;
        const url = urlOf(`/${path}`, query, endpoint) ?? urlOf(path, query, endpoint);
        if (url === undefined) return;
        made += 1;
        const [base, got] = [new URL(endpoint), new URL(url)];
        expect(got.origin).toBe(base.origin);
        const prefix = base.pathname.replace(/\/+$/, '');
        expect(got.pathname.startsWith(`${prefix}/`)).toBe(true);
        expect([got.hash, got.username, got.password]).toEqual(['', '', '']);
        const checked = checkUrl(url, POLICY);
        if (!checked.ok) return expect(checked.reason).toBe('url_too_long');
        // What goes on the wire is what was meant: no parser has repaired anything.
        expect(checked.url.host).toBe(base.hostname);
        expect(checked.url.path).toBe(`${got.pathname}${got.search}`);
        const own = base.search === '' ? [] : [...base.searchParams];
        const sent = query.map((pair) => pair.map((part) => part.toWellFormed()));
        expect([...got.searchParams]).toEqual([...own, ...sent]);
      }),
      { numRuns: 3_000 },
    );
    expect(made).toBeGreaterThan(100);
  });
});
