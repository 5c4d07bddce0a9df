import type { DeliveryTask } from './delivery.ts';
import { EVENT_ID, isIntegrationId } from './ids.ts';
import { TENANT } from './integration.ts';

/**
 * What travels in the queues. Every message says its version: old and new code run side by side
 * during a deployment, and a message may be a fortnight old when it is redriven.
 */
const VERSION = 1;

export function encodeDoorbell(task: DeliveryTask): string {
  const text = JSON.stringify({
    v: VERSION,
    tn: task.tenant,
    ev: task.eventId,
    in: task.integrationId,
    ty: task.type,
    at: task.acceptedAtMs,
    n: task.attempt,
    ...(task.body !== undefined && { b: task.body }),
  });
  // SQS carries what XML does, which leaves out these two; JSON may write them as escapes.
  return text.replace(/[\uFFFE\uFFFF]/g, (char) => (char === '\uFFFE' ? '\\ufffe' : '\\uffff'));
}

/** Reads a doorbell; a message that is none is our own bug, and ends in the dead letters. */
export function parseDoorbell(text: string): DeliveryTask {
  const message = parseObject(text);
  const { tn, ev, in: integrationId, ty, at, n, b } = message;
  if (
    typeof tn === 'string' &&
    TENANT.test(tn) &&
    typeof ev === 'string' &&
    EVENT_ID.test(ev) &&
    typeof integrationId === 'string' &&
    isIntegrationId(integrationId) &&
    typeof ty === 'string' &&
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(n) &&
    (b === undefined || typeof b === 'string')
  ) {
    return {
      tenant: tn,
      eventId: ev,
      integrationId,
      type: ty,
      acceptedAtMs: at as number,
      attempt: n as number,
      ...(b !== undefined && { body: b }),
    };
  }
  throw new Error('The message is not a doorbell of this version.');
}

export function encodeEventRef(event: {
  readonly tenant: string;
  readonly eventId: string;
}): string {
  return JSON.stringify({ v: VERSION, tn: event.tenant, ev: event.eventId });
}

export function parseEventRef(text: string): { readonly tenant: string; readonly eventId: string } {
  const { tn, ev } = parseObject(text);
  if (typeof tn === 'string' && TENANT.test(tn) && typeof ev === 'string' && EVENT_ID.test(ev)) {
    return { tenant: tn, eventId: ev };
  }
  throw new Error('The message does not name an event.');
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const message: unknown = JSON.parse(text);
  if (typeof message === 'object' && message !== null && 'v' in message && message.v === VERSION) {
    return message as Readonly<Record<string, unknown>>;
  }
  throw new Error(`The message is not of version ${VERSION}.`);
}
