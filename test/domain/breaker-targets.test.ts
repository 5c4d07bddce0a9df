import { describe, expect, it } from 'vitest';
import { breakerTarget, breakerTargets, readdressed } from '../../lib/domain/breaker-targets.ts';
import type { FallbackChain, FallbackLink } from '../../lib/domain/fallback.ts';

const EXHAUSTED = { on: ['exhausted'] } as const;
const url = (host: string): FallbackLink => ({
  ...{ type: 'url', url: `https://${host}.example.com/`, auth: { type: 'none' }, headers: {} },
  ...EXHAUSTED,
});
const queue = (arn?: string): FallbackLink => ({
  type: 'queue',
  ...EXHAUSTED,
  ...(arn !== undefined && { arn }),
});
const HOLD: FallbackLink = { type: 'hold', on: ['breaker-open'] };
const OPS: FallbackLink = {
  ...{ type: 'integration', integration: 'ops', integrationId: 'int_ops', ...EXHAUSTED },
};
const CACHE: FallbackLink = { type: 'cache', maxAgeSeconds: 60, ...EXHAUSTED };
const STATIC: FallbackLink = {
  type: 'static',
  statusCode: 200,
  headers: {},
  body: '',
  ...EXHAUSTED,
};

describe('targets with a breaker of their own', () => {
  it.each<[string, FallbackChain, readonly number[]]>([
    ['no chain', [], [0]],
    ['a URL', [url('a')], [0, 1]],
    ['what sends nowhere by itself', [OPS, HOLD, CACHE, STATIC, queue()], [0]],
    ['places, not the count', [OPS, url('a'), HOLD, queue('arn:q')], [0, 2, 4]],
  ])('with %s', (_, fallback, expected) => {
    expect(breakerTargets({ fallback })).toEqual(expected);
  });

  it.each([
    ['primary', 0],
    ['fallback:1', 1],
    ['fallback:2', undefined],
    ['fallback:3', undefined],
    ['fallback:01', undefined],
    ['Primary', undefined],
    ['1', undefined],
    ['', undefined],
  ])('%j is %s', (name, expected) => {
    expect(breakerTarget({ fallback: [url('a'), OPS] }, name)).toBe(expected);
  });

  it.each<[string, FallbackChain, FallbackChain, readonly number[]]>([
    ['nothing', [url('a'), HOLD], [url('a'), HOLD], []],
    ['another trigger', [url('a')], [{ ...url('a'), on: ['breaker-open'] } as FallbackLink], []],
    ['another URL', [url('a'), url('b')], [url('a'), url('c')], [2]],
    ['an exchange of places', [url('a'), url('b')], [url('b'), url('a')], [1, 2]],
    ['the first taken out', [url('a'), url('b')], [url('b')], [1]],
    ['the last taken out', [url('a'), url('b')], [url('a')], []],
    ['one more', [url('a')], [url('a'), url('b')], [2]],
    ['another queue', [queue('arn:a')], [queue('arn:b')], [1]],
    ['a URL in place of a hold', [HOLD], [url('a')], [1]],
    ['an integration in place of a URL', [url('a')], [OPS], []],
  ])('are readdressed by %s', (_, before, after, expected) => {
    expect(readdressed({ fallback: before }, { fallback: after })).toEqual(expected);
  });
});
