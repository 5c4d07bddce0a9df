import { PRIMARY_TARGET } from '../domain/breaker.ts';
import type { Attempt, Delivery } from '../domain/delivery.ts';
import { attemptsMade } from '../domain/delivery-transitions.ts';
import { deliveryId, ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { outboundCall, shownUrl } from '../domain/outbound-call.ts';
import { redacted, redactedHeaders, secretsOf } from '../domain/redaction.ts';
import { judge, type Verdict } from '../domain/retry.ts';
import { settle, settleFallback } from '../domain/settlement.ts';
import type { Target } from '../domain/target.ts';
import type { ChangeAuditDeps } from './audited-change.ts';
import { tellBreaker } from './breaker-guard.ts';
import type { GuardDeps } from './breaker-report.ts';
import type { ChooseDeps, Chosen } from './choose-target.ts';
import { disableIntegration } from './disable-integration.ts';
import type { LimitDrains } from './limit-drains.ts';
import type { Clock, Integrations, Random, Targets, Telemetry } from './ports.ts';
import type { Deliveries, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';
import type { CallResult, Sender } from './ports-sending.ts';
import { record, report } from './record-attempt.ts';
import { type SendDeps, sendCall } from './send-call.ts';
import { watchCall } from './watch-call.ts';

export interface AttemptDeps
  extends ChooseDeps,
    Pick<ChangeAuditDeps, 'auditTrail' | 'auditIntents'> {
  readonly targets: Targets;
  readonly integrations: GuardDeps['integrations'] & Pick<Integrations, 'byId' | 'save' | 'open'>;
  readonly events: GuardDeps['events'] & Pick<Events, 'get'>;
  readonly deliveries: GuardDeps['deliveries'] & Pick<Deliveries, 'load' | 'save'>;
  readonly limitDrains: LimitDrains;
  readonly lines: Lines;
  readonly sender: Sender;
  readonly tokens: SendDeps['tokens'];
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly version: string;
}

interface Attempted {
  readonly body: string;
  /** Of the event. */
  readonly orderingKey: string | undefined;
  readonly chosen: Chosen;
}

/** One request to the target that was chosen, recorded, and its breaker told of it. */
export async function makeAttempt(
  deps: AttemptDeps,
  integration: Integration,
  delivery: Delivery,
  { body, orderingKey, chosen }: Attempted,
): Promise<void> {
  const { target, link, probe } = chosen;
  const number = attemptsMade(delivery) + 1;
  const id = deliveryId(delivery.eventId, delivery.acceptedAtMs, delivery.integrationId);
  const message = {
    eventId: delivery.eventId,
    deliveryId: id,
    attempt: number,
    body: Buffer.from(body, 'utf8'),
    ...(orderingKey !== undefined && { orderingKey }),
  };
  const call = outboundCall(target, message, deps.version, deps.clock.nowMs());
  const ended = watchCall(deps, target, probe !== undefined);
  const result = await sendCall(deps, call, target);
  const overdueAtMs = ended();

  const nowMs = deps.clock.nowMs();
  const verdict = await disabling(deps, target, result, judge(result, target.retry, nowMs));
  const secrets = secretsOf(target, call.callerHeaders);
  const made = attemptOf(deps, target, secrets, { result, verdict, number });
  const dice = deps.random.unit();
  const outcome = (current: Delivery) => {
    const attempt = { ...made, number: attemptsMade(current) + 1 };
    if (link === 0) return settle(current, attempt, verdict, integration, { nowMs, dice });
    const { fallback } = integration;
    return settleFallback(current, attempt, verdict, { fallback, number: link }, { nowMs, dice });
  };
  // A probe's verdict may not wait for a store that is away; nor may its lease be lost with it.
  const [final] = await Promise.all([
    record(deps, { delivery, attempt: made, verdict, target: link, outcome }),
    tellBreaker(deps, target, probe, { ...result, overdueAtMs }),
  ]);
  report(deps.telemetry, integration, final, { attempt: made, link, detail: result.detail });
}

/**
 * Disables where the receiver says so, before the delivery is held for it: killed in between,
 * the delivery is parked by the next doorbell; the other way round it would stay held for ever.
 */
async function disabling(
  deps: AttemptDeps,
  target: Target,
  { statusCode }: CallResult,
  verdict: Verdict,
): Promise<Verdict> {
  if (!verdict.disable) return verdict;
  // A fallback's URL speaks for itself alone.
  const isOwn = target.target === PRIMARY_TARGET;
  if (isOwn && (await disableIntegration(deps, target, statusCode))) return verdict;
  const outcome = verdict.outcome === 'success' ? 'success' : 'retryable';
  return { ...verdict, outcome, disable: false };
}

interface Came {
  readonly result: CallResult;
  readonly verdict: Verdict;
  readonly number: number;
}

function attemptOf(
  deps: AttemptDeps,
  target: Target,
  secrets: readonly string[],
  { result, verdict, number }: Came,
): Attempt {
  const failed = verdict.outcome !== 'success';
  return {
    id: `att_${ulid(result.startedAtMs, deps.random.bytes(ID_RANDOM_BYTES))}`,
    number,
    startedAtMs: result.startedAtMs,
    latencyMs: result.latencyMs,
    target: shownUrl(target),
    outcome: verdict.outcome,
    error: result.error ?? (failed ? 'http' : null),
    statusCode: result.statusCode,
    responseHeaders: redactedHeaders(result.responseHeaders, secrets),
    responseBody: redacted(result.responseBody, secrets),
    retryAfterSeconds: verdict.retryAfterSeconds ?? null,
  };
}
