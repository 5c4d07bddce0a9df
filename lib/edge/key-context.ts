import type { Authorization, AuthRefusal } from '../app/authorize.ts';
import type { RateFigures } from '../domain/api-key-rate.ts';
import { RequestError, shown } from '../domain/errors.ts';
import { contentDigest } from '../domain/request-signature.ts';
import type { AuthorizerContext, HttpRequest } from './request.ts';

/** What the authorizer and the functions say to each other: an HTTP API passes flat texts on. */

/** In place of a digest, where a request without a body was signed. */
const NO_BODY = 'none';
/** Says no more than that a key is needed: which part was wrong is for the log alone. */
const UNAUTHORIZED = 'Give a valid key in the header `Authorization: Bearer bwk_…`.';

type Refused = AuthRefusal | 'unavailable';
type Refusal = Extract<Authorization, { readonly reason: AuthRefusal }>;

export function contextOf(verdict: Authorization): AuthorizerContext {
  const rate = verdict.rate && { rate: JSON.stringify(verdict.rate) };
  if (!('reason' in verdict)) {
    const { principal, digest } = verdict;
    return {
      principal: JSON.stringify(principal),
      ...(digest !== undefined && { digest: digest === '' ? NO_BODY : digest }),
      ...rate,
    };
  }
  return { reason: verdict.reason, ...retryOf(verdict), ...rate };
}

/** Whole seconds, one at least: earlier than that no try goes well. */
function retryOf({ waitMs }: Refusal): Pick<AuthorizerContext, 'retryAfter'> {
  if (waitMs === undefined) return {};
  return { retryAfter: String(Math.max(Math.ceil(waitMs / 1000), 1)) };
}

/** How a request of nobody is answered. */
export function refusalOf(context: AuthorizerContext | null | undefined): RequestError {
  const reason = (context?.reason ?? 'missing') as Refused;
  const headers = context?.retryAfter === undefined ? {} : { 'retry-after': context.retryAfter };
  switch (reason) {
    case 'missing':
    case 'malformed':
    case 'unknown':
    case 'expired':
      return new RequestError('unauthorized', UNAUTHORIZED);
    case 'unsigned':
      return new RequestError(
        'unauthorized',
        'This key was made before requests could be signed: rotate it, or send it as a bearer key.',
      );
    case 'ambiguous':
      return new RequestError(
        'invalid-header',
        'Give either `authorization` or `bw-key`, `bw-timestamp` and `bw-signature`, not both.',
      );
    case 'stale':
      return new RequestError(
        'timestamp-out-of-tolerance',
        'bw-timestamp: it is more than 300 s from now; set the clock, and sign anew.',
      );
    case 'replayed':
      return new RequestError(
        'replayed',
        'This very request was made before; sign anew, with another `bw-timestamp` or `bw-nonce`.',
      );
    case 'address':
      return new RequestError('address-not-allowed', 'This key may not be used from here.');
    case 'locked':
      return new RequestError(
        'locked-out',
        'Too many wrong keys came from here; try again when `Retry-After` is over.',
        { headers },
      );
    case 'limited':
      return new RequestError('rate-limited', 'The rate limit of this key is reached.', {
        headers,
      });
    case 'unavailable':
      return new RequestError('unavailable', 'Keys cannot be checked now; try again shortly.');
  }
}

/** What every answer to a key with a limit carries: of the bucket, as it was before the work. */
export function rateHeaders(
  context: AuthorizerContext | null | undefined,
): Readonly<Record<string, string>> {
  if (context?.rate === undefined) return {};
  const { limit, remaining, resetSeconds } = JSON.parse(context.rate) as RateFigures;
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
  };
}

/**
 * 401 unless the body is the one that was signed, 400 where headers would say what happened: those
 * anybody on the way may add or change. Whoever sent a bearer key has signed nothing.
 */
export function requireAllSigned(
  context: AuthorizerContext | null | undefined,
  { headers, body }: Pick<HttpRequest, 'headers' | 'body'>,
): void {
  const signed = context?.digest;
  if (signed === undefined) return;
  const [attribute] = Object.keys(headers).filter((name) => name.startsWith('ce-'));
  if (attribute !== undefined) {
    throw new RequestError(
      'invalid-header',
      `${shown(attribute)}: headers are not signed; sign a CloudEvent in structured mode.`,
    );
  }
  if (signed === NO_BODY ? body.length === 0 : signed === contentDigest(body)) return;
  throw new RequestError(
    'invalid-signature',
    signed === NO_BODY
      ? 'content-digest: a signed request with a body must have one, and sign it.'
      : 'content-digest: the body is another than the one that was signed.',
  );
}
