import { RequestError } from '../domain/errors.ts';
import type { CallRun, NotServed } from './call-run.ts';
import type { CallResult } from './ports-sending.ts';

/** What a caller is told where nobody has an answer, and what the log calls it. */
export interface Refusal {
  readonly refusal: RequestError;
  readonly error: string;
}

/** When somebody may have resumed a paused integration, in seconds. */
const PAUSE_SECONDS = 30;
const RETRY_AFTER_SECONDS_MAX = 3_600;

/** The refusal that says why the integration itself gave no answer; it quotes no URL. */
export function refusalOf({ integration, trail }: CallRun, { outcome }: NotServed): Refusal {
  const { name, status, disabledReason } = integration;
  const made = { 'x-breakwater-attempts': String(trail.attempts) };
  switch (outcome.kind) {
    case 'inactive':
      return status === 'paused'
        ? {
            error: 'pause',
            refusal: new RequestError(
              'integration-paused',
              `${name} is paused, and nothing in its fallback chain answers.`,
              { headers: { ...made, 'retry-after': String(PAUSE_SECONDS) } },
            ),
          }
        : {
            error: 'disabled',
            refusal: new RequestError(
              'invalid-state',
              `${name} is disabled${disabledReason === null ? '' : ` (${disabledReason})`}; resume it to call it again.`,
              { headers: made },
            ),
          };
    case 'held':
      return {
        error: 'breaker',
        refusal: new RequestError(
          'breaker-open',
          `${name} may not be called now: its circuit breaker is open, or it asked for a pause. Nothing in its fallback chain answers.`,
          { headers: { ...made, 'retry-after': seconds(outcome.retryAfterMs) } },
        ),
      };
    case 'limited':
      return {
        error: 'limit',
        refusal: new RequestError(
          'too-many-requests',
          `${name} takes no more calls now: its own limits (limits.perSecond, limits.concurrency) are reached.`,
          { headers: { ...made, 'retry-after': seconds(outcome.retryAfterMs) } },
        ),
      };
    case 'late':
      return unanswered(name, made, { error: 'timeout', statusCode: null });
    case 'came':
      return unanswered(name, made, outcome.result);
  }
}

function unanswered(
  name: string,
  made: Readonly<Record<string, string>>,
  { error, statusCode }: Pick<CallResult, 'error' | 'statusCode'>,
): Refusal {
  const requests = `requests made: ${made['x-breakwater-attempts']}`;
  const say = (code: RequestError['code'], what: string) => ({
    error: error ?? 'http',
    refusal: new RequestError(code, `${name} ${what} (${error ?? 'http'}; ${requests}).`, {
      headers: made,
    }),
  });
  switch (error) {
    case 'timeout':
      return say('upstream-timeout', 'gave no whole answer in time');
    case 'body-too-large':
      return say('answer-too-large', 'answered more than may be passed on: 4 MiB, headers 16 KiB');
    case 'blocked':
      return say('address-not-allowed', 'is at an address that may not be called');
    default:
      return statusCode === null
        ? say('upstream-unreachable', 'could not be reached')
        : say(
            'upstream-unreachable',
            `answered nothing that can be passed on, status ${statusCode}`,
          );
  }
}

function seconds(ms: number): string {
  return String(Math.min(Math.max(Math.ceil(ms / 1000), 1), RETRY_AFTER_SECONDS_MAX));
}
