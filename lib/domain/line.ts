import { createHash } from 'node:crypto';
import type { Delivery, DeliveryState } from './delivery.ts';
import { attemptsMade, isPending } from './delivery-transitions.ts';
import type { IntegrationId } from './ids.ts';
import type { Integration } from './integration.ts';
import type { RetryPolicy } from './retry.ts';

/**
 * Deliveries that wait for each other: those of one integration whose events have the same
 * `orderingKey`. Each has a place from its acceptance to its end, and only the first is attempted.
 */
export interface LineRef {
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  readonly orderingKey: string;
}

/** Where a delivery stands; made of what the delivery itself says, so that it has but one. */
export interface Place {
  readonly acceptedAtMs: number;
  readonly eventId: string;
  readonly type: string;
}

/** Who of a line may make a call. Its holder may be dead: then it ends by itself. */
export interface LineLock {
  readonly eventId: string;
  /** Unlike that of any other turn, those of the same delivery included. */
  readonly owner: string;
  readonly leaseUntilMs: number;
}

/** A line's lock and its first places. */
export interface LineFront {
  readonly lock: LineLock | undefined;
  readonly places: readonly Place[];
}

export const ORDERING_KEY = /^[\x21-\x7e]{1,128}$/;
export const ORDERING_TIMEOUT_DEFAULT_SECONDS = 3_600;
export const ORDERING_TIMEOUT_MIN_SECONDS = 60;
export const ORDERING_TIMEOUT_MAX_SECONDS = 86_400;

/**
 * How far ahead of the clock an event may be accepted, so that it comes after the one before it:
 * more than the clocks of two functions differ, and than a burst of a thousand moves it on.
 */
export const AHEAD_MS_MAX = 5_000;
/** Longer than the function that took its turn can live: nobody calls when it is over. */
export const TURN_LEASE_MS = 80_000;
/**
 * How long the tick leaves one that waits in line alone: this, and a minute, is how long a line
 * stands still at worst whose next was not rung for.
 */
export const LINE_RING_MS_MAX = 300_000;
/** An event this old has a row, unless it is gone. */
export const ROWLESS_MS_MAX = 600_000;

const DIGITS = 15;

/** Sorts as the places stand; those of the same millisecond by their events' ids. */
export function placeName({ acceptedAtMs, eventId }: Omit<Place, 'type'>): string {
  return `${String(Math.max(acceptedAtMs, 0)).padStart(DIGITS, '0')}#${eventId}`;
}

/** What the name says, which is all but the type. */
export function parsePlaceName(name: string): Omit<Place, 'type'> {
  return { acceptedAtMs: Number(name.slice(0, DIGITS)), eventId: name.slice(DIGITS + 1) };
}

/** Names a line among all; holds nothing of the key, which may be personal. */
export function lineName({ tenant, integrationId, orderingKey }: LineRef): string {
  const hash = createHash('sha256').update(orderingKey).digest('base64url');
  return `${tenant}#${integrationId}#${hash}`;
}

/**
 * When an event is accepted that comes after all of `newest`, whatever the clocks said that they
 * were accepted by; undefined if that is too far ahead of this one.
 */
export function acceptedAfter(
  newest: readonly (Place | undefined)[],
  nowMs: number,
): number | undefined {
  const lastMs = Math.max(...newest.map((place) => place?.acceptedAtMs ?? 0), 0);
  const atMs = Math.max(nowMs, lastMs + 1);
  return atMs - nowMs > AHEAD_MS_MAX ? undefined : atMs;
}

/**
 * Whether the others of its key wait for it. What its integration did not take, and its fallback
 * did not take at once, is set aside: it is tried again beside the line.
 */
export function isInLine(delivery: Delivery): boolean {
  const { trigger, round } = delivery.chain ?? {};
  return isPending(delivery) && !(trigger === 'exhausted' && round !== 1);
}

/** Set aside is what ended without having arrived, but for what was cancelled. */
export function isSetAside(delivery: Delivery): boolean {
  const { status } = delivery.state;
  return status === 'failed' || (isPending(delivery) && !isInLine(delivery));
}

/** Whether its integration has tried nothing yet, in this schedule: so far it only waited. */
export function isUntried(delivery: Delivery): boolean {
  return attemptsMade(delivery) <= delivery.scheduleBase;
}

/** About to be tried in its turn: the time before the first, behind others, does not age it. */
export function begunInTurn(delivery: Delivery, nowMs: number): Delivery {
  return isUntried(delivery) ? { ...delivery, scheduleStartMs: nowMs } : delivery;
}

/** The schedule of a delivery that keeps others waiting: over when they have waited long enough. */
export function retryInTurn({
  retry,
  orderingTimeoutSeconds = ORDERING_TIMEOUT_DEFAULT_SECONDS,
}: Pick<Integration, 'retry' | 'orderingTimeoutSeconds'>): RetryPolicy {
  return { ...retry, maxAgeSeconds: Math.min(retry.maxAgeSeconds, orderingTimeoutSeconds) };
}

/** When the next in line is to be rung for; undefined: something else rings for it. */
export function turnRing(state: DeliveryState, nowMs: number): 'due' | 'held' | undefined {
  switch (state.status) {
    case 'queued':
    case 'waiting':
      // What waits for its next try has a doorbell for that time, or the tick.
      return state.nextAttemptAtMs <= nowMs ? 'due' : undefined;
    case 'delivering':
      return state.leaseUntilMs <= nowMs ? 'due' : undefined;
    case 'held':
      return (state.leaseUntilMs ?? 0) <= nowMs ? 'held' : undefined;
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}
