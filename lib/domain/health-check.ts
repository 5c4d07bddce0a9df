import type { CallSeen } from './breaker-outcome.ts';
import type { CheckFacts, CheckResult } from './health.ts';
import type { HealthCheck } from './integration.ts';

/** Asking an integration how it is: when, with what request, and what its answer says. */

/** A tick this early is on time: it comes once a minute, now and then a little sooner. */
const EARLY_MS = 5_000;

export function isCheckDue(
  watch: { readonly claimedAtMs: number; readonly intervalSeconds: number },
  nowMs: number,
): boolean {
  return watch.claimedAtMs + watch.intervalSeconds * 1_000 <= nowMs + EARLY_MS;
}

/** A result is news for so many intervals, and for ten minutes at least. */
const CURRENT_INTERVALS = 3;
const CURRENT_MS_MIN = 600_000;

/** What is known of a check that is configured, without a result that is too old to say anything. */
export function currentCheck(
  stored: CheckFacts | undefined,
  { intervalSeconds }: Pick<HealthCheck, 'intervalSeconds'>,
  nowMs: number,
): CheckFacts {
  const { result, failuresInRow = 0 } = stored ?? {};
  const currentMs = Math.max(CURRENT_INTERVALS * intervalSeconds * 1_000, CURRENT_MS_MIN);
  if (result === undefined || result.atMs < nowMs - currentMs) return { failuresInRow: 0 };
  return { result, failuresInRow };
}

/**
 * The request. It carries no credentials of the integration: they are for its endpoint, and the
 * check may be another host's.
 */
export function checkCall(check: HealthCheck, version: string) {
  return {
    url: check.url,
    method: check.method,
    headers: { 'user-agent': `Breakwater/${version}`, accept: '*/*' },
    body: new Uint8Array(),
    timeoutMs: check.timeoutSeconds * 1_000,
  };
}

export function checkResult(
  call: Pick<CallSeen, 'statusCode' | 'latencyMs'> & { readonly error: string | null },
  check: Pick<HealthCheck, 'expectStatus'>,
  atMs: number,
): CheckResult {
  const { statusCode, latencyMs } = call;
  const isExpected = statusCode !== null && expects(check, statusCode);
  const error = call.error ?? (isExpected ? null : 'http');
  return { ok: error === null, atMs, statusCode, error, latencyMs };
}

function expects({ expectStatus }: Pick<HealthCheck, 'expectStatus'>, status: number): boolean {
  const wholeClass = `${Math.floor(status / 100)}xx`;
  return expectStatus.includes(String(status)) || expectStatus.includes(wholeClass);
}
