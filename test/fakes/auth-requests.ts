import type { AuthRequest } from '../../lib/app/key-credentials.ts';
import { keyText, parseKey } from '../../lib/domain/keys.ts';
import { contentDigest, signingKeyOf, signText } from '../../lib/domain/request-signature.ts';

export const HOME = '192.0.2.10';

/** A request with this `Authorization` header. */
export function bearer(authorization: string | undefined, more: Partial<AuthRequest> = {}) {
  const headers = authorization === undefined ? {} : { authorization };
  return { ...plain(more), headers: { ...headers, ...more.headers } };
}

export function plain(more: Partial<AuthRequest> = {}): AuthRequest {
  return {
    headers: {},
    method: 'GET',
    path: '/v1/events',
    rawQuery: '',
    sourceIp: HOME,
    ...more,
  };
}

export interface Signed extends Partial<Omit<AuthRequest, 'headers'>> {
  readonly atMs: number;
  readonly nonce?: string;
  readonly body?: string;
}

/** The headers of a request that is signed as docs/security.md says. */
export function signatureHeaders(key: string, signed: Signed): Readonly<Record<string, string>> {
  const { atMs, nonce, body, method, path, rawQuery } = { ...plain(), ...signed };
  const parts = parseKey(key);
  if (parts === undefined || keyText(parts) !== key) throw new Error('That is no key.');
  const digest = body === undefined ? '' : contentDigest(Buffer.from(body));
  const prefix = `bwk_${parts.lookup}`;
  const timestamp = String(Math.floor(atMs / 1000));
  const lines = ['breakwater-request-v1', prefix, timestamp, nonce ?? ''];
  const text = [...lines, method, path, rawQuery, digest].join('\n');
  return {
    'bw-key': prefix,
    'bw-timestamp': timestamp,
    'bw-signature': `v1,${signText(signingKeyOf(key), text)}`,
    ...(nonce !== undefined && { 'bw-nonce': nonce }),
    ...(digest !== '' && { 'content-digest': digest }),
  };
}

/** A request signed with `key`. */
export function signed(key: string, given: Signed): AuthRequest {
  const { atMs: _, nonce: __, body: ___, ...request } = given;
  return { ...plain(request), headers: signatureHeaders(key, given) };
}
