import type { Delivery, DeliveryStatus } from '../domain/delivery.ts';
import type { EventRecord } from '../domain/event.ts';
import type { LastAttempt } from '../domain/health-figures.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { Page } from './ports.ts';

/** What the use cases need of the history: events, deliveries and their attempts. */

/** Names an event or a delivery in the history. */
export interface EventRef {
  readonly tenant: string;
  readonly eventId: string;
}
export interface DeliveryRef extends EventRef {
  readonly integrationId: IntegrationId;
}

/** A held delivery, and where it stands among the others. */
export interface HeldRef extends DeliveryRef {
  readonly acceptedAtMs: number;
  readonly position: string;
}

/** An event without its body, as lists and the reconciler see it. */
export type EventSummary = Omit<
  EventRecord,
  'body' | 'fingerprint' | 'timestamp' | 'metadata' | 'orderingKey'
>;
/** A delivery without its attempts' contents. */
export type DeliverySummary = Omit<Delivery, 'attempts' | 'chain' | 'version'> & {
  readonly attemptCount: number;
  /** Of the lists of one integration alone. */
  readonly lastAttempt?: LastAttempt;
};

export interface TimeRange {
  /** Inclusive. */
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
}

export interface Events {
  /** Stores the event unless its tenant has one with this id: then that one comes back. */
  store(event: EventRecord): Promise<'stored' | { readonly existing: EventRecord }>;
  get(ref: EventRef): Promise<EventRecord | undefined>;
  /**
   * Newest first, of one tenant (undefined: of all that `tenants` names). May return fewer than
   * `limit` and still have more; `next` alone says whether there is more.
   */
  list(query: {
    readonly tenants: readonly string[];
    readonly range: TimeRange;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<EventSummary>>;
  /** Every event of the tenant accepted in [sinceMs, untilMs), oldest first, page by page. */
  accepted(
    tenant: string,
    range: { readonly sinceMs: number; readonly untilMs: number },
  ): AsyncIterable<readonly EventSummary[]>;
}

export interface Deliveries {
  /** Strongly consistent. */
  load(ref: DeliveryRef): Promise<Delivery | undefined>;
  /** Stores `next` with version `next.version + 1`, over exactly `next.version` (0: none). */
  save(next: Delivery): Promise<'saved' | 'stale'>;
  /** Every stored delivery of the event, with attempts. */
  ofEvent(ref: EventRef): Promise<readonly Delivery[]>;
  /** Which of the event's integrations have a stored delivery; may lag by a second. */
  startedOf(ref: EventRef): Promise<ReadonlySet<IntegrationId>>;
  /** Stored deliveries to one integration by acceptance, newest first unless told otherwise. */
  ofIntegration(query: {
    readonly integrationId: IntegrationId;
    readonly range: TimeRange;
    readonly order?: 'oldest-first';
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<DeliverySummary>>;
  /**
   * The newest of those in one shard (0 to `SHARDS` - 1), which holds an even share of them: one
   * read of one partition, for figures over more than anybody would read whole.
   */
  sample(query: {
    readonly integrationId: IntegrationId;
    readonly shard: number;
    readonly range: TimeRange;
    readonly limit: number;
  }): Promise<readonly DeliverySummary[]>;
  /** Stored deliveries of a tenant in one status other than `delivered`, newest first. */
  withStatus(query: {
    readonly tenant: string;
    readonly status: Exclude<DeliveryStatus, 'delivered'>;
    readonly range: TimeRange;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<DeliverySummary>>;
  /** Deliveries whose `dueAtMs` or lease end is not after `nowMs`, the longest due first. */
  due(nowMs: number, limit: number): Promise<readonly DeliveryRef[]>;
  /** Held deliveries of an integration, oldest event first, from after `after`. */
  held(query: {
    readonly integrationId: IntegrationId;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly HeldRef[]>;
}
