import { invalidField, STATUS_OF } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, isIntegrationId, ulid } from '../domain/ids.ts';
import { parseCallInput } from '../domain/input/call-input.ts';
import type { Integration } from '../domain/integration.ts';
import { primaryTarget } from '../domain/target.ts';
import { withFallback } from '../policies/fallback.ts';
import { reportCalls } from './breaker-report.ts';
import { keepAnswer } from './call-cache.ts';
import { type CallFallbackDeps, fallbacksOf, reservedShare } from './call-fallbacks.ts';
import { type Refusal, refusalOf } from './call-refusals.ts';
import {
  askTarget,
  type CallRun,
  type Given,
  NotServed,
  ownAnswer,
  type Trail,
} from './call-run.ts';
import { find, opening, type Registry } from './named-registry.ts';
import type { Integrations } from './ports.ts';
import type { Caller } from './tenancy.ts';

export type CallDeps = CallFallbackDeps & {
  /** By id and name as the delivery path reads them: they may be two seconds old. */
  readonly integrations: CallFallbackDeps['integrations'] & Integrations;
};

/** A call's answer, and who gave it. */
export interface CallServed {
  readonly given: Given;
  /** `primary`, `fallback:<n>`, `cache`, `static` or `queued`. */
  readonly source: string;
  /** Requests made on the way, to whichever target. */
  readonly attempts: number;
}

export interface CallAsked {
  readonly integration: string;
  readonly body: unknown;
  /** A ULID: the same call again has the same ids. */
  readonly seed: string | undefined;
}

/**
 * Calls a service now: through retry and breaker, then along its fallback chain. There is always
 * an answer within the call's time: the service's, a fallback's, or an error that says why none.
 */
export async function callService(
  deps: CallDeps,
  caller: Caller,
  asked: CallAsked,
): Promise<CallServed> {
  const startedAtMs = deps.clock.nowMs();
  const [integration] = await Promise.all([
    find(opening(registryOf(deps)), caller, asked.integration),
    deps.board.refresh(),
  ]);
  const { serviceType } = integration;
  if (serviceType !== 'rest_api') {
    const message = `${JSON.stringify(serviceType)} cannot be called; allowed: "rest_api"`;
    throw invalidField('serviceType', message);
  }
  const seed = asked.seed ?? ulid(startedAtMs, deps.random.bytes(ID_RANDOM_BYTES));
  const plan = parseCallInput(asked.body, integration, `call_${seed}`);
  const trail: Trail = { attempts: 0, isUnprocessed: true, asked: [] };
  const run = { integration, plan, seed, trail, untilMs: startedAtMs + plan.timeoutMs };
  const outcome = await served(deps, run);
  await Promise.all(trail.asked.map((target) => reportCalls(deps, target)));
  note(deps, run, outcome, startedAtMs);
  if (outcome.refusal !== undefined) throw outcome.refusal;
  return { ...outcome, attempts: trail.attempts };
}

/** Of integrations, without what changing one takes: that is not for this function to load. */
function registryOf({ integrations: store }: CallDeps): Registry<Integration> {
  return { kind: 'integration', store, isId: isIntegrationId };
}

/** `error` says why it was not the integration's own good answer. */
type Outcome =
  | {
      readonly given: Given;
      readonly source: string;
      readonly error?: string;
      readonly refusal?: undefined;
    }
  | Refusal;

async function served(deps: CallDeps, run: CallRun): Promise<Outcome> {
  try {
    const { value, source } = await withFallback(
      () => fromPrimary(deps, run),
      fallbacksOf(deps, run),
    );
    return { given: value, source };
  } catch (error) {
    if (!(error instanceof NotServed)) throw error;
    const answer = ownAnswer(run, error);
    if (answer !== undefined)
      return { given: { kind: 'answer', answer }, source: PRIMARY, error: 'http' };
    return refusalOf(run, error);
  }
}

const PRIMARY = 'primary';

async function fromPrimary(deps: CallDeps, run: CallRun): Promise<Given> {
  const { integration, untilMs, plan } = run;
  // Paused or disabled it may not be called, as if its breaker were open.
  if (integration.status !== 'active') throw new NotServed('breaker-open', { kind: 'inactive' });
  const untilOwnMs = untilMs - plan.timeoutMs * reservedShare(run);
  const { answer, result } = await askTarget(deps, run, primaryTarget(integration), untilOwnMs);
  if (plan.isIdempotent) await keepAnswer(deps, integration, plan.call, answer, result);
  return { kind: 'answer', answer };
}

/** One line and the figures; neither path nor query, which may hold a secret. */
function note(deps: CallDeps, run: CallRun, outcome: Outcome, startedAtMs: number): void {
  const { integration, plan, trail } = run;
  const { telemetry } = deps;
  const latencyMs = deps.clock.nowMs() - startedAtMs;
  const source = outcome.refusal === undefined ? outcome.source : 'none';
  telemetry.count('Calls');
  telemetry.millis('CallLatency', latencyMs);
  if (outcome.error !== undefined) telemetry.count('CallsFailed');
  else if (source !== PRIMARY) telemetry.count('CallsByFallback');
  telemetry.info('call.answered', {
    ...{ tenant: integration.tenant, integrationId: integration.id, id: plan.call.id },
    ...{ method: plan.call.method, status: statusOf(outcome), source, latencyMs },
    attempts: trail.attempts,
    ...(outcome.error !== undefined && { error: outcome.error }),
  });
}

function statusOf(outcome: Outcome): number {
  if (outcome.refusal !== undefined) return STATUS_OF[outcome.refusal.code];
  return outcome.given.kind === 'queued' ? ACCEPTED : outcome.given.answer.statusCode;
}

const ACCEPTED = 202;
