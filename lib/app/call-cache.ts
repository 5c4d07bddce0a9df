import type { ServiceCall } from '../domain/call.ts';
import type { CallAnswer } from '../domain/call-answer.ts';
import { ageOf, cacheKey, cacheSecondsOf, isStorable, rewriteMs } from '../domain/call-cache.ts';
import type { Integration } from '../domain/integration.ts';
import { rememberIn } from '../domain/remember.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { Answers } from './ports-calls.ts';
import type { CallResult } from './ports-sending.ts';
import { within } from './within.ts';

/** When this function instance last kept an answer to each request, so that hot ones cost little. */
export interface AnswersKept {
  /** True at most once in `everyMs` for a key. */
  isDue(key: string, everyMs: number, nowMs: number): boolean;
}

const KEYS_MAX = 5_000;

export function answersKept(): AnswersKept {
  const keptAtMs = new Map<string, number>();
  return {
    isDue(key, everyMs, nowMs) {
      if (nowMs - (keptAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
      rememberIn(keptAtMs, key, nowMs, KEYS_MAX);
      return true;
    },
  };
}

export interface CallCacheDeps {
  readonly answers: Answers;
  readonly answersKept: AnswersKept;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly telemetry: Telemetry;
}

/** Nobody waits longer for an answer to be kept, nor for one to be found. */
const WAIT_MS = 500;

/**
 * Keeps a good answer, if a link of the chain may ever want it. Never fails the call: without it
 * an older answer serves, or none.
 */
export async function keepAnswer(
  deps: CallCacheDeps,
  integration: Integration,
  call: ServiceCall,
  answer: CallAnswer,
  { answerHeaders = [] }: CallResult,
): Promise<void> {
  const maxAgeSeconds = cacheSecondsOf(integration.fallback);
  if (maxAgeSeconds === undefined || !isStorable(answer, answerHeaders, call)) return;
  const { tenant, id } = integration;
  const nowMs = deps.clock.nowMs();
  const key = cacheKey(integration, call);
  if (!deps.answersKept.isDue(`${id} ${key}`, rewriteMs(maxAgeSeconds), nowMs)) return;
  const noted = (error: unknown) =>
    deps.telemetry.warn('call.not-kept', { tenant, integrationId: id, error });
  const kept = { ...answer, storedAtMs: nowMs };
  const keeping = deps.answers.keep(id, key, kept, nowMs + maxAgeSeconds * 1000);
  try {
    await within(deps.clock, WAIT_MS, keeping, noted);
  } catch (error) {
    noted(error);
  }
}

/** The last good answer to the same request, and its age; undefined if there is none so young. */
export async function lastAnswer(
  deps: CallCacheDeps,
  integration: Integration,
  call: ServiceCall,
  maxAgeSeconds: number,
): Promise<{ readonly answer: CallAnswer; readonly ageSeconds: number } | undefined> {
  const { tenant, id } = integration;
  const asked = deps.answers.last(id, cacheKey(integration, call));
  const kept = await within(deps.clock, WAIT_MS, asked, (error) =>
    deps.telemetry.warn('call.not-read', { tenant, integrationId: id, error }),
  );
  if (kept === undefined) return undefined;
  const ageSeconds = ageOf(kept, maxAgeSeconds, deps.clock.nowMs());
  return ageSeconds === undefined ? undefined : { answer: kept, ageSeconds };
}
