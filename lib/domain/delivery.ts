import type { FallbackTrigger } from './fallback.ts';
import type { AttemptId, IntegrationId } from './ids.ts';

/** One event on its way to one integration. */
export interface Delivery {
  readonly tenant: string;
  readonly eventId: string;
  readonly integrationId: IntegrationId;
  readonly type: string;
  /** When the event was accepted; deliveries are listed by it. */
  readonly acceptedAtMs: number;
  readonly state: DeliveryState;
  readonly attempts: readonly Attempt[];
  /** Attempts that the schedule does not count: before a retry by hand, and at fallbacks. */
  readonly scheduleBase: number;
  /** When the schedule began: acceptance, `deliverAt`, or the last retry by hand. */
  readonly scheduleStartMs: number;
  /** Doorbells rung by the tick since the last attempt; each waits longer than the one before. */
  readonly rings: number;
  /** Where it stands in its integration's fallback chain; absent: the integration itself is next. */
  readonly chain?: ChainPlace;
  /** 0 = never stored. Every stored change adds one. */
  readonly version: number;
}

/** The next link to try is the first from place `link` on that takes deliveries for `trigger`. */
export interface ChainPlace {
  readonly trigger: FallbackTrigger;
  readonly link: number;
  /** How often the chain has been begun, this time included. */
  readonly round: number;
}

export type DeliveryState =
  /** Due since `nextAttemptAtMs`; `dueAtMs` is when the tick rings (again) if nobody claimed it. */
  | {
      readonly status: 'queued' | 'waiting';
      readonly nextAttemptAtMs: number;
      readonly dueAtMs: number;
    }
  /** Claimed by a worker until `leaseUntilMs`; a lapsed lease may be claimed by the next. */
  | { readonly status: 'delivering'; readonly leaseUntilMs: number }
  /** With a lease: let go by a drain, and being attempted until then. */
  | { readonly status: 'held'; readonly heldBy: HeldBy; readonly leaseUntilMs?: number }
  | { readonly status: 'delivered'; readonly via: string; readonly completedAtMs: number }
  | { readonly status: 'failed' | 'cancelled'; readonly completedAtMs: number };

export type DeliveryStatus = DeliveryState['status'];
export type HeldBy = 'breaker' | 'pause' | 'limit';

export const DELIVERY_STATUSES = [
  'queued',
  'delivering',
  'waiting',
  'held',
  'delivered',
  'failed',
  'cancelled',
] as const satisfies readonly DeliveryStatus[];

/** One request that was made, or refused before it was made. */
export interface Attempt {
  readonly id: AttemptId;
  readonly number: number;
  readonly startedAtMs: number;
  readonly latencyMs: number;
  /** The URL without its query string: queries carry secrets. */
  readonly target: string;
  readonly outcome: AttemptOutcome;
  readonly error: AttemptError | null;
  readonly statusCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** The first 4 KiB of the answer, as text. */
  readonly responseBody: string;
  readonly retryAfterSeconds: number | null;
}

export type AttemptOutcome = 'success' | 'retryable' | 'permanent';
export type AttemptError =
  | 'dns'
  | 'refused'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'blocked'
  | 'body-too-large'
  | 'http';

/**
 * Where a doorbell waits: integrations that take long go another way than quick ones, and what a
 * drain lets go a third.
 */
export type Lane = 'fast' | 'slow' | 'drain';

/** What a doorbell says: enough to find the delivery, and the payload where it is small. */
export interface DeliveryTask {
  readonly tenant: string;
  readonly eventId: string;
  readonly integrationId: IntegrationId;
  readonly type: string;
  readonly acceptedAtMs: number;
  /** The attempt this doorbell is for; one for an attempt already made is ignored. 0: any. */
  readonly attempt: number;
  /** Left out: fast. */
  readonly lane?: Lane;
  /** The event's; also absent where whoever rings does not know, and then there is no body. */
  readonly orderingKey?: string;
  /** The body to send; absent when it is too large for a message. */
  readonly body?: string;
  /** How often this doorbell found no leave, and was sent anew. Left out: never. */
  readonly comebacks?: number;
}

export const RESPONSE_BODY_KEPT_BYTES = 4_096;
/** Attempts whose record is kept; of a delivery retried by hand without end, the newest stay. */
export const ATTEMPTS_KEPT_MAX = 60;
