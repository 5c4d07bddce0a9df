import { admit } from '../domain/admission.ts';
import type { Delivery, DeliveryTask } from '../domain/delivery.ts';
import { LEASE_MARGIN_MS } from '../domain/delivery-transitions.ts';
import type { Integration } from '../domain/integration.ts';
import { begunInTurn, isUntried } from '../domain/line.ts';
import { QUEUE_DELAY_MAX_SECONDS } from '../domain/work.ts';
import type { AttemptDeps } from './make-attempt.ts';
import { passOver } from './unattempted.ts';

/** A delivery that this doorbell may attempt: as it stands, and as its claim would leave it. */
export interface Due {
  readonly delivery: Delivery;
  readonly claim?: Delivery;
}

/** A doorbell, and the row it rang for. */
export interface Rung {
  readonly stored: Delivery | undefined;
  readonly task: DeliveryTask;
  /** It is one of a line: others wait for its end. */
  readonly isOrdered: boolean;
}

/** The delivery if it is this doorbell's to attempt now; undefined when it is not. */
export async function dueNow(
  deps: AttemptDeps,
  integration: Integration,
  { stored, task, isOrdered }: Rung,
  { request }: Pick<Integration, 'request'> = integration,
): Promise<Due | undefined> {
  const nowMs = deps.clock.nowMs();
  const leaseMs = request.timeoutSeconds * 1000 + LEASE_MARGIN_MS;
  const { retry, fallback } = integration;
  // What only waited behind others is not too old for its turn.
  const isAgeless = isOrdered && (stored === undefined || isUntried(stored));
  const maxAgeSeconds = isAgeless ? Number.POSITIVE_INFINITY : retry.maxAgeSeconds;
  const limits = { leaseMs, maxAgeSeconds, fallback };
  const admission = admit(stored, task, limits, nowMs);
  const begun = (one: Delivery) => (isOrdered ? begunInTurn(one, nowMs) : one);
  switch (admission.kind) {
    case 'send':
      return { delivery: begun(admission.delivery) };
    case 'claim':
      return { delivery: admission.delivery, claim: begun(admission.next) };
    case 'expire':
    case 'release':
      await passOver(deps, admission.next);
      return undefined;
    case 'later': {
      // SQS was early or the clocks differ; beyond its reach the row alone brings it back.
      const delaySeconds = Math.ceil((admission.atMs - nowMs) / 1000);
      if (delaySeconds <= QUEUE_DELAY_MAX_SECONDS)
        await deps.deliveryQueue.ring([{ task, delaySeconds }]);
      return undefined;
    }
    case 'ignore':
      deps.telemetry.info('doorbell.ignored', {
        tenant: task.tenant,
        eventId: task.eventId,
        integrationId: task.integrationId,
        reason: admission.reason,
      });
      return undefined;
  }
}

/** The delivery, claimed where that is needed; undefined if somebody else was faster. */
export async function claim(deps: AttemptDeps, due: Due): Promise<Delivery | undefined> {
  if (due.claim === undefined) return due.delivery;
  const saved = await deps.deliveries.save(due.claim);
  return saved === 'saved' ? { ...due.claim, version: due.claim.version + 1 } : undefined;
}
