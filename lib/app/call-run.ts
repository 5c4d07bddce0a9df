import type { CallPlan } from '../domain/call.ts';
import { answerOf, type CallAnswer } from '../domain/call-answer.ts';
import { isAnswer, isFailure, isUnprocessed } from '../domain/call-outcome.ts';
import type { FallbackTrigger } from '../domain/fallback.ts';
import type { Integration } from '../domain/integration.ts';
import { credentialsStruck } from '../domain/redaction-bytes.ts';
import type { Target } from '../domain/target.ts';
import type { Published } from './accept-event.ts';
import { type CallTargetDeps, callTarget, type TargetOutcome } from './call-target.ts';
import type { CallResult } from './ports-sending.ts';

/** One call on its way through the targets that may answer it. */
export interface CallRun {
  readonly integration: Integration;
  readonly plan: CallPlan;
  /** A ULID that all ids of the call are made of. */
  readonly seed: string;
  readonly untilMs: number;
  readonly trail: Trail;
}

/** What has been done so far. */
export interface Trail {
  /** Requests made, to whichever target. */
  attempts: number;
  /** No target that was asked can have done anything. */
  isUnprocessed: boolean;
  readonly asked: Target[];
}

/** What a call is answered with. */
export type Given =
  | { readonly kind: 'answer'; readonly answer: CallAnswer; readonly ageSeconds?: number }
  | { readonly kind: 'queued'; readonly published: Published };

/** Why the integration itself gives no good answer. */
export type Unserved = TargetOutcome | { readonly kind: 'inactive' };

/** `limited`: there is nothing wrong with the service, so nobody answers in its place. */
type Trigger = FallbackTrigger | 'limited';

/** The integration gives no good answer: whoever is next in its chain may. */
export class NotServed extends Error {
  override readonly name = 'NotServed';
  readonly trigger: Trigger;
  readonly outcome: Unserved;

  constructor(trigger: Trigger, outcome: Unserved) {
    super(`The integration does not serve: ${trigger}.`);
    this.trigger = trigger;
    this.outcome = outcome;
  }
}

/** What a target gives; one that has no good answer is a NotServed. */
export async function askTarget(
  deps: CallTargetDeps,
  { plan, trail }: CallRun,
  target: Target,
  untilMs: number,
): Promise<{ readonly answer: CallAnswer; readonly result: CallResult }> {
  const outcome = await callTarget(deps, target, plan, untilMs);
  trail.attempts += outcome.attempts;
  if (outcome.kind !== 'came') throw new NotServed(triggerOf(outcome.kind), outcome);
  trail.asked.push(target);
  trail.isUnprocessed &&= isUnprocessed(outcome.result);
  if (isFailure(outcome.result)) throw new NotServed('exhausted', outcome);
  return { answer: answerFrom(target, outcome.result), result: outcome.result };
}

function triggerOf(kind: Exclude<TargetOutcome['kind'], 'came'>): Trigger {
  switch (kind) {
    case 'held':
      return 'breaker-open';
    case 'limited':
      return 'limited';
    case 'late':
      return 'exhausted';
  }
}

/** What the service itself said, where that is all there is; undefined if it said nothing whole. */
export function ownAnswer(
  { integration }: CallRun,
  { outcome }: NotServed,
): CallAnswer | undefined {
  if (outcome.kind !== 'came' || !isAnswer(outcome.result)) return undefined;
  return answerFrom(integration, outcome.result);
}

/** A service that echoes what it was sent must not tell its callers our credentials. */
function answerFrom(
  target: Pick<Integration, 'auth' | 'request' | 'endpoint' | 'serviceType'>,
  { statusCode, answerHeaders = [], answer = new Uint8Array() }: CallResult,
): CallAnswer {
  const strike = credentialsStruck(target);
  const lines = answerHeaders.map(([name, value]) => [name, strike.text(value)] as const);
  return answerOf(statusCode ?? 0, lines, strike.bytes(answer));
}
