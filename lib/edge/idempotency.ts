import { type IdempotencyDeps, once, type Run } from '../app/idempotency.ts';
import { RequestError, shown } from '../domain/errors.ts';
import { fingerprint } from '../domain/ids.ts';
import { problemReply } from './problem.ts';
import { type Answer, render } from './reply.ts';
import type { KeyedRequest } from './request.ts';

/** What an `Idempotency-Key` may be. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
/** What a claim outlives its function by: after that nobody can be at it any more. */
const LEASE_MARGIN_SECONDS = 5;

/**
 * Runs a POST under its `Idempotency-Key`, if it carries one. Two API keys never share an
 * idempotency key; the fingerprint covers everything that says what the request does.
 */
export async function answerOnce(
  deps: IdempotencyDeps,
  request: KeyedRequest,
  functionSeconds: number,
  work: (run: Run | undefined) => Promise<Answer>,
): Promise<Answer> {
  const key = request.method === 'POST' ? request.headers['idempotency-key'] : undefined;
  if (key === undefined) return work(undefined);
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new RequestError(
      'invalid-header',
      `idempotency-key: ${JSON.stringify(shown(key))} is not allowed; ` +
        'allowed: 1–255 visible ASCII characters, no spaces.',
    );
  }
  const { answer, replayed } = await once(
    deps,
    {
      key: `http#${request.principal.keyId}#${key}`,
      fingerprint: fingerprintOf(request),
      leaseMs: (functionSeconds + LEASE_MARGIN_SECONDS) * 1_000,
    },
    work,
    (tooLarge) => notKept(request, tooLarge),
  );
  if (!replayed) return answer;
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
}

/** What repetitions of a request are told whose answer was too large to be kept. */
function notKept(request: KeyedRequest, { statusCode }: Answer): Answer {
  const message =
    `idempotency-key: the request was done, and answered ${statusCode}; ` +
    'that answer was too large to be kept for a repetition.';
  return render(problemReply(new RequestError('answer-not-kept', message), request.id));
}

/** CloudEvents in binary mode say what happened in headers, so those count as body. */
function fingerprintOf(request: KeyedRequest): string {
  const { method, path, rawQuery, principal, headers, body } = request;
  const attributes = Object.keys(headers)
    .filter((name) => name.startsWith('ce-') || name === 'content-type')
    .sort()
    .map((name) => `${name}:${headers[name]}`);
  return fingerprint(
    ...[method, path, rawQuery, principal.tenant ?? '*', attributes.join('\n')],
    Buffer.from(body).toString('base64'),
  );
}
