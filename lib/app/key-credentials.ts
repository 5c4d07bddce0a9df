import type { Scope } from '../domain/api-key.ts';
import { type KeyParts, parseKey, parsePrefix } from '../domain/keys.ts';
import {
  readSignatureHeaders,
  type SignatureHeaders,
  signedText,
} from '../domain/request-signature.ts';

/** Of a request what says who makes it; header names in lower case. */
export interface AuthRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  /** From the gateway's own connection, never from a header. */
  readonly sourceIp: string;
  /** As the route table names it. */
  readonly route?: string;
  readonly requestId?: string;
  /** What the route asks of a key, where nobody behind the authorizer can tell the audit log. */
  readonly scope?: Scope;
}

/** What was given to prove a key, as far as it can be one. */
export type Credentials =
  | ({ readonly kind: 'bearer' } & KeyParts)
  | {
      readonly kind: 'signed';
      readonly lookup: string;
      readonly given: SignatureHeaders;
      readonly text: string;
    }
  | { readonly kind: 'none'; readonly reason: 'missing' | 'malformed' | 'ambiguous' };

const HEADER_CHARS_MAX = 256;
const BEARER = /^bearer +(\S+) *$/i;
const SIGNING_HEADERS = ['bw-key', 'bw-timestamp', 'bw-signature'];

/** Reads what was given without asking anybody: a text that never was a key ends here. */
export function readCredentials(request: AuthRequest): Credentials {
  const { headers } = request;
  const { authorization = '' } = headers;
  const isSigned = SIGNING_HEADERS.some((name) => headers[name] !== undefined);
  if (isSigned && authorization !== '') return { kind: 'none', reason: 'ambiguous' };
  if (isSigned) return signed(request);
  if (authorization === '') return { kind: 'none', reason: 'missing' };
  const isShort = authorization.length <= HEADER_CHARS_MAX;
  const [, text = ''] = isShort ? (BEARER.exec(authorization) ?? []) : [];
  const parts = parseKey(text);
  return parts === undefined ? { kind: 'none', reason: 'malformed' } : { kind: 'bearer', ...parts };
}

function signed(request: AuthRequest): Credentials {
  const given = readSignatureHeaders(request.headers);
  const text = given && signedText(given, request);
  const lookup = given && parsePrefix(given.key);
  if (given === undefined || text === undefined || lookup === undefined) {
    return { kind: 'none', reason: 'malformed' };
  }
  return { kind: 'signed', lookup, given, text };
}
