import { describe, expect, it } from 'vitest';
import type { Verification } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import { inbound, NOW_MS } from './verify-fixtures.ts';

const SECRET = 'sixteen-or-more-characters';
const token = (header: string): Verification => ({
  provider: 'token',
  secrets: [{ secret: 'another-secret' }, { secret: SECRET }, { secret: 'old', expiresAtMs: 1 }],
  header,
});
const verified = { kind: 'verified' };
const bad = { kind: 'rejected', reason: 'bad-signature' };

describe('token', () => {
  it.each([
    [SECRET, verified],
    ['another-secret', verified],
    ['old', bad],
    ['', bad],
    [`${SECRET} `, bad],
    [SECRET.slice(1), bad],
    [SECRET.toUpperCase(), bad],
    [`${SECRET},${SECRET}`, bad],
    [`Bearer ${SECRET}`, bad],
    ['x'.repeat(4_096), bad],
    ['x'.repeat(4_097), { kind: 'rejected', reason: 'malformed-signature' }],
  ])('in a header of its own: %j', (text, verdict) => {
    expect(verify(token('X-Token'), inbound({ 'x-token': text }, ''), NOW_MS)).toEqual(verdict);
  });

  it.each([
    [SECRET, verified],
    [`Bearer ${SECRET}`, verified],
    [`bearer  ${SECRET}`, verified],
    [`Bearer${SECRET}`, bad],
    [`Basic ${SECRET}`, bad],
    ['Bearer ', bad],
    [`Bearer Bearer ${SECRET}`, bad],
  ])('in the authorization header: %j', (text, verdict) => {
    expect(verify(token('Authorization'), inbound({ authorization: text }, ''), NOW_MS)).toEqual(
      verdict,
    );
  });

  it('is missing without its header, whatever objects inherit', () => {
    const missing = { kind: 'rejected', reason: 'missing-signature' };
    expect(verify(token('X-Token'), inbound({}, ''), NOW_MS)).toEqual(missing);
    expect(verify(token('constructor'), inbound({}, ''), NOW_MS)).toEqual(missing);
  });
});

describe('none', () => {
  it('lets every request in and knows no repetition', () => {
    const request = inbound({ 'webhook-id': 'msg_1' }, '');
    expect(verify({ provider: 'none' }, request, NOW_MS)).toEqual(verified);
  });
});
