import type { Attempt, Delivery } from '../domain/delivery.ts';
import { attemptsMade, settle } from '../domain/delivery-transitions.ts';
import { deliveryId, ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { outboundCall, shownUrl } from '../domain/outbound-call.ts';
import { redacted, redactedHeaders, secretsOf } from '../domain/redaction.ts';
import { judge, type Verdict } from '../domain/retry.ts';
import { tellBreaker } from './breaker-guard.ts';
import type { GuardDeps } from './breaker-report.ts';
import { disableIntegration } from './disable-integration.ts';
import type { LimitDrains } from './limit-drains.ts';
import type {
  CallResult,
  Clock,
  Integrations,
  Random,
  Sender,
  Targets,
  Telemetry,
} from './ports.ts';
import type { Deliveries, Events } from './ports-history.ts';
import type { Probe } from './probe.ts';
import { record, report } from './record-attempt.ts';
import { sendCall } from './send-call.ts';
import { watchCall } from './watch-call.ts';

export interface AttemptDeps extends GuardDeps {
  readonly targets: Targets;
  readonly integrations: GuardDeps['integrations'] & Pick<Integrations, 'byId' | 'save'>;
  readonly events: GuardDeps['events'] & Pick<Events, 'get'>;
  readonly deliveries: GuardDeps['deliveries'] & Pick<Deliveries, 'load' | 'save'>;
  readonly limitDrains: LimitDrains;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly version: string;
}

/** One request, recorded, and the breaker told of it. */
export async function makeAttempt(
  deps: AttemptDeps,
  integration: Integration,
  delivery: Delivery,
  { body, probe }: { readonly body: string; readonly probe?: Probe },
): Promise<void> {
  const number = attemptsMade(delivery) + 1;
  const id = deliveryId(delivery.eventId, delivery.acceptedAtMs, delivery.integrationId);
  const message = {
    eventId: delivery.eventId,
    deliveryId: id,
    attempt: number,
    body: Buffer.from(body, 'utf8'),
  };
  const call = outboundCall(integration, message, deps.version, deps.clock.nowMs());
  const ended = watchCall(deps, integration, probe !== undefined);
  const result = await sendCall(deps, call);
  const overdueAtMs = ended();

  const nowMs = deps.clock.nowMs();
  const judged = judge(result, integration.retry, nowMs);
  const verdict = await disabling(deps, integration, result, judged);
  const made = attemptOf(deps, integration, result, verdict, number);
  const chance = { nowMs, dice: deps.random.unit() };
  const outcome = (current: Delivery) =>
    settle(
      current,
      { ...made, number: attemptsMade(current) + 1 },
      verdict,
      integration.retry,
      chance,
    );
  // A probe's verdict may not wait for a store that is away; nor may its lease be lost with it.
  const [final] = await Promise.all([
    record(deps, { delivery, attempt: made, verdict, outcome }),
    tellBreaker(deps, integration, probe, { ...result, overdueAtMs }),
  ]);
  report(deps.telemetry, integration, final, made, result.detail);
}

/**
 * Disables where the receiver says so, before the delivery is held for it: killed in between,
 * the delivery is parked by the next doorbell; the other way round it would stay held for ever.
 */
async function disabling(
  deps: AttemptDeps,
  integration: Integration,
  { statusCode }: CallResult,
  verdict: Verdict,
): Promise<Verdict> {
  if (!verdict.disable) return verdict;
  if (await disableIntegration(deps, integration, statusCode)) return verdict;
  const outcome = verdict.outcome === 'success' ? 'success' : 'retryable';
  return { ...verdict, outcome, disable: false };
}

function attemptOf(
  deps: AttemptDeps,
  integration: Integration,
  result: CallResult,
  verdict: Verdict,
  number: number,
): Attempt {
  const secrets = secretsOf(integration);
  const failed = verdict.outcome !== 'success';
  return {
    id: `att_${ulid(result.startedAtMs, deps.random.bytes(ID_RANDOM_BYTES))}`,
    number,
    startedAtMs: result.startedAtMs,
    latencyMs: result.latencyMs,
    target: shownUrl(integration),
    outcome: verdict.outcome,
    error: result.error ?? (failed ? 'http' : null),
    statusCode: result.statusCode,
    responseHeaders: redactedHeaders(result.responseHeaders, secrets),
    responseBody: redacted(result.responseBody, secrets),
    retryAfterSeconds: verdict.retryAfterSeconds ?? null,
  };
}
