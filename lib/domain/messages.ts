import type { DeliveryTask, Lane } from './delivery.ts';
import { EVENT_ID, isIntegrationId, isJobId } from './ids.ts';
import { TENANT } from './integration.ts';
import { ORDERING_KEY } from './line.ts';
import type { WorkTask } from './work.ts';

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
    ...(task.lane !== undefined && task.lane !== 'fast' && { l: task.lane }),
    ...(task.orderingKey !== undefined && { k: task.orderingKey }),
    ...(task.comebacks !== undefined && { c: task.comebacks }),
    ...(task.body !== undefined && { b: task.body }),
  });
  // SQS carries what XML does, which leaves out these two; JSON may write them as escapes.
  return text.replace(/[\uFFFE\uFFFF]/g, (char) => (char === '\uFFFE' ? '\\ufffe' : '\\uffff'));
}

/** Reads a doorbell; a message that is none is our own bug, and ends in the dead letters. */
export function parseDoorbell(text: string): DeliveryTask {
  const message = parseObject(text);
  const { tn, ev, in: integrationId, ty, at, n, l, k, b, c } = message;
  if (
    isTenant(tn) &&
    isEventId(ev) &&
    isIntegration(integrationId) &&
    typeof ty === 'string' &&
    isCount(at) &&
    isCount(n) &&
    // Whoever rings for any attempt may know no more than the key.
    (ty !== '' || n === 0) &&
    (l === undefined || isOtherLane(l)) &&
    (k === undefined || isOrderingKey(k)) &&
    (b === undefined || typeof b === 'string') &&
    (c === undefined || isCount(c))
  ) {
    return {
      tenant: tn,
      eventId: ev,
      integrationId,
      type: ty,
      acceptedAtMs: at,
      attempt: n,
      ...(l !== undefined && { lane: l }),
      ...(k !== undefined && { orderingKey: k }),
      ...(b !== undefined && { body: b }),
      ...(c !== undefined && { comebacks: c }),
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
  if (isTenant(tn) && isEventId(ev)) return { tenant: tn, eventId: ev };
  throw new Error('The message does not name an event.');
}

/** A token of the work queue: which step of which work it is for, and nothing of its state. */
export function encodeWork(task: WorkTask): string {
  switch (task.kind) {
    case 'drain': {
      const { kind, tenant, integrationId, step } = task;
      return JSON.stringify({ v: VERSION, k: kind, tn: tenant, in: integrationId, n: step });
    }
    case 'probe': {
      const { kind, tenant, integrationId, target, version } = task;
      const of = { tn: tenant, in: integrationId, t: target, n: version };
      return JSON.stringify({ v: VERSION, k: kind, ...of });
    }
    case 'job':
      return JSON.stringify({ v: VERSION, k: task.kind, j: task.jobId });
  }
}

/** Reads a token; one that is none is our own bug, and ends in the dead letters. */
export function parseWork(text: string): WorkTask {
  const { k: kind, tn: tenant, in: integrationId, t: target, n, j: jobId } = parseObject(text);
  if (kind === 'job' && typeof jobId === 'string' && isJobId(jobId)) return { kind, jobId };
  if (isTenant(tenant) && isIntegration(integrationId) && isCount(n)) {
    if (kind === 'drain') return { kind, tenant, integrationId, step: n };
    if (kind === 'probe' && isCount(target)) {
      return { kind, tenant, integrationId, target, version: n };
    }
  }
  throw new Error('The message is no work of this version.');
}

function isTenant(value: unknown): value is string {
  return typeof value === 'string' && TENANT.test(value);
}

function isEventId(value: unknown): value is string {
  return typeof value === 'string' && EVENT_ID.test(value);
}

function isIntegration(value: unknown): value is DeliveryTask['integrationId'] {
  return typeof value === 'string' && isIntegrationId(value);
}

function isOrderingKey(value: unknown): value is string {
  return typeof value === 'string' && ORDERING_KEY.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOtherLane(value: unknown): value is Exclude<Lane, 'fast'> {
  return value === 'slow' || value === 'drain';
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const message: unknown = JSON.parse(text);
  if (typeof message === 'object' && message !== null && 'v' in message && message.v === VERSION) {
    return message as Readonly<Record<string, unknown>>;
  }
  throw new Error(`The message is not of version ${VERSION}.`);
}
