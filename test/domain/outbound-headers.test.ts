import { describe, expect, it } from 'vitest';
import {
  CUSTOM_HEADERS_MAX,
  headerNameProblem,
  headerProblem,
  headersProblems,
  isWireSafe,
} from '../../lib/domain/outbound-headers.ts';

describe('a custom header', () => {
  it.each([
    ['X-Env', 'prod'],
    ['x-api-key', 'a b~!'],
    ['Accept', 'application/json'],
    ['Referer', ''],
    ['0', '0'],
    ['Prefer', 'x'.repeat(1_024)],
    ['x-amazing', '1'],
    [`X${'a'.repeat(63)}`, '1'],
  ])('may be %s', (name, value) => {
    expect(headerProblem(name, value)).toBeUndefined();
  });

  it.each([
    ...['host', 'content-length', 'content-encoding', 'content-type', 'transfer-encoding'],
    ...['connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect', 'http2-settings'],
    ...['proxy-authorization', 'proxy-connection', 'accept-encoding', 'user-agent', 'date'],
    ...['via', 'forwarded', 'x-forwarded-for', 'x-real-ip', 'cookie', 'set-cookie'],
    ...['authorization', 'webhook-id', 'svix-id', 'breakwater-delivery', 'x-amz-date'],
    ...['x-amzn-trace-id', 'x-amz-security-token', 'x-forwarded-host', 'x-forwarded-', 'proxy-x'],
    ...[
      'webhook-signature',
      'webhook-',
      'svix-signature',
      'breakwater-attempt',
      'x-amz-',
      'x-amzn-',
    ],
  ])('is never %s, in whatever case', (name) => {
    const mixed = name.replace(/\b./g, (letter) => letter.toUpperCase());
    for (const spelling of [name, mixed, name.toUpperCase()]) {
      expect(headerNameProblem(spelling)).toContain(spelling);
      expect(headerProblem(spelling, 'x')).toBeDefined();
    }
  });

  it.each(['', '-a', 'a b', 'a:', 'a\r\nb', 'ä', 'a_b', 'a'.repeat(65), ':path'])(
    'has no name like %j',
    (name) => {
      expect(headerNameProblem(name)).toBeDefined();
    },
  );

  it.each(['a\r\nX-Evil: 1', 'a\n', '\t', '\u0000', 'ä', '\u007f', 'x'.repeat(1_025), 7, null])(
    'has no value like %j, and it is not quoted',
    (value) => {
      const problem = headerProblem('X-Env', value);
      expect(problem).toBeDefined();
      expect(problem).not.toContain('Evil');
    },
  );
});

describe('a set of custom headers', () => {
  it('is told of each bad header by its name', () => {
    const problems = headersProblems({ 'X-Ok': '1', Host: 'a', 'X-Bad': 'ä' });
    expect(problems.map(({ path }) => path)).toEqual(['Host', 'X-Bad']);
  });

  it('has no two names that differ by case alone', () => {
    expect(headersProblems({ 'X-Env': '1', 'x-env': '2' })).toMatchObject([{ path: 'x-env' }]);
  });

  it('has so many headers at most', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, '1']));
    expect(headersProblems(many(CUSTOM_HEADERS_MAX))).toEqual([]);
    expect(headersProblems(many(CUSTOM_HEADERS_MAX + 1))).toMatchObject([{ path: '' }]);
  });

  it('has 8 KiB at most', () => {
    const big = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, 'x'.repeat(1_000)]));
    expect(headersProblems(big(8))).toEqual([]);
    expect(headersProblems(big(9))).toMatchObject([{ path: '' }]);
  });
});

describe('a header on the wire', () => {
  it.each([
    ['authorization', 'Bearer x', true],
    ['webhook-id', 'evt_1', true],
    ['authorization', 'x'.repeat(8_192), true],
    ['authorization', 'x'.repeat(8_193), false],
    ['Content-Length', '3', false],
    ['transfer-encoding', 'chunked', false],
    ['HOST', 'a', false],
    ['proxy-authorization', 'a', false],
    ['x', 'a\r\nb: c', false],
    ['x y', 'a', false],
  ])('%s is safe or not', (name, value, expected) => {
    expect(isWireSafe(name, value)).toBe(expected);
  });
});
