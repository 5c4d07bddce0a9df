import type { CallResult } from '../../app/ports-sending.ts';

/** Why there is no complete answer: the error of the contract, and a stable code for the log. */
export interface Failure {
  readonly error: Exclude<CallResult['error'], null>;
  /** Never holds an address, a host or anything the other side wrote. */
  readonly detail: string;
}

export function failure(error: Failure['error'], detail: string): Failure {
  return { error, detail };
}

/** The code of a system, TLS or parser error; empty if it has none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

export function lookupFailure(error: unknown): Failure {
  const code = codeOf(error);
  const isMissing = code === 'ENOTFOUND' || code === 'ENODATA';
  return failure('dns', isMissing ? 'dns_not_found' : 'dns_failed');
}

export function connectFailure(error: unknown): Failure {
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') return failure('timeout', 'connect_timeout');
  return failure('refused', code === 'ECONNREFUSED' ? 'connect_refused' : 'connect_failed');
}

const TLS_DETAIL: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_self_signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_name',
  ECONNRESET: 'tls_closed',
  EPIPE: 'tls_closed',
};
/** The other ways in which OpenSSL words that it does not believe a chain. */
const UNTRUSTED = /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|ERROR_IN_CERT_)/;

export function tlsFailure(error: unknown): Failure {
  const code = codeOf(error);
  const other = UNTRUSTED.test(code) ? 'tls_untrusted' : 'tls_protocol';
  return failure('tls', TLS_DETAIL[code] ?? other);
}

/** Any way in which a request on an open connection ends without a whole answer. */
export function exchangeFailure(error: unknown): Failure {
  const code = codeOf(error);
  if (code === 'HPE_HEADER_OVERFLOW') return failure('body-too-large', 'headers_too_large');
  if (code.startsWith('HPE_')) return failure('reset', 'answer_malformed');
  return failure('reset', 'connection_lost');
}
