import type { Delivery, DeliveryStatus } from '../../domain/delivery.ts';
import { type IntegrationId, SHARDS, shardOf } from '../../domain/ids.ts';

/** The tables' names as deployed. */
export interface Tables {
  readonly registry: string;
  readonly history: string;
  readonly state: string;
}

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** Partitions that are read whole. */
export const SWEEPS = 'SWEEPS';
export const TENANTS = 'TENANTS';

/** Every primary key: no other file spells out a `pk` or an `sk`. */
export const keys = {
  event: (tenant: string, eventId: string): Key => ({ pk: `${tenant}#${eventId}`, sk: 'E' }),
  /** Named by content, so that an event's parts are never overwritten by another's of the same id. */
  payload: (tenant: string, eventId: string, digest: string, part: number): Key => ({
    pk: `${tenant}#${eventId}`,
    sk: `P#${digest}#${String(part).padStart(4, '0')}`,
  }),
  delivery: (tenant: string, eventId: string, integrationId: IntegrationId): Key => ({
    pk: `${tenant}#${eventId}`,
    sk: `D#${integrationId}`,
  }),
  resource: (tenant: string, prefix: string, id: string): Key => ({
    pk: `T#${tenant}`,
    sk: `${prefix}#${id}`,
  }),
  /** Says which tenant an id belongs to; never changes. */
  pointer: (id: string): Key => ({ pk: `REF#${id}`, sk: 'REF' }),
  name: (kind: string, tenant: string, name: string): Key => ({
    pk: `NAME#${kind}#${tenant}#${name}`,
    sk: 'NAME',
  }),
  routesVersion: (tenant: string): Key => ({ pk: `T#${tenant}`, sk: 'ROUTES' }),
  tenant: (tenant: string): Key => ({ pk: TENANTS, sk: tenant }),
  apiKey: (lookup: string): Key => ({ pk: `KEY#${lookup}`, sk: 'KEY' }),
  /** Under `KEY#` too, so that whoever may store keys needs no other right. */
  apiKeyPointer: (id: string): Key => ({ pk: `KEY#${id}`, sk: 'REF' }),
  claim: (key: string): Key => ({ pk: `CLAIM#${key}`, sk: 'CLAIM' }),
  checkpoint: (tenant: string): Key => ({ pk: `CHECKPOINT#${tenant}`, sk: 'CHECKPOINT' }),
  sweep: (kind: string, integrationId: IntegrationId): Key => ({
    pk: SWEEPS,
    sk: `${kind}#${integrationId}`,
  }),
} as const;

/** The tenant and the event that a history row's partition names; neither contains a `#`. */
export function parseHistoryPk(pk: string): { readonly tenant: string; readonly eventId: string } {
  const at = pk.indexOf('#');
  return { tenant: pk.slice(0, at), eventId: pk.slice(at + 1) };
}

export function parseDeliverySk(sk: string): IntegrationId {
  return sk.slice('D#'.length) as IntegrationId;
}

/** Milliseconds as text that sorts like the number. */
export function sortableMs(ms: number): string {
  return String(Math.max(ms, 0)).padStart(13, '0');
}

/** Every partition of one timeline, one per shard. */
export const partitions = {
  events: (tenant: string) => shards(`E#${tenant}`),
  deliveries: (integrationId: IntegrationId) => shards(`D#${integrationId}`),
  status: (tenant: string, status: DeliveryStatus) => shards(`${tenant}#${status}`),
  due: () => shards('DUE'),
  held: (integrationId: IntegrationId) => shards(`HELD#${integrationId}`),
} as const;

function shards(prefix: string): readonly string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${prefix}#${shard}`);
}

/** Where an event stands in its tenant's timeline. */
export function eventIndexKeys(tenant: string, eventId: string, acceptedAtMs: number) {
  return {
    tlPk: `E#${tenant}#${shardOf(eventId)}`,
    tlSk: `${sortableMs(acceptedAtMs)}#${eventId}#${tenant}`,
  };
}

/** Where a delivery stands in the indexes: what is final is not due, what arrived has no status. */
export function deliveryIndexKeys(delivery: Delivery) {
  const { tenant, eventId, integrationId, acceptedAtMs, state } = delivery;
  const shard = shardOf(eventId);
  const accepted = `${sortableMs(acceptedAtMs)}#${eventId}`;
  return {
    tlPk: `D#${integrationId}#${shard}`,
    tlSk: accepted,
    ...(state.status !== 'delivered' && {
      stPk: `${tenant}#${state.status}#${shard}`,
      stSk: `${accepted}#${integrationId}`,
    }),
    ...dueKeys(delivery, shard),
  };
}

function dueKeys({ state, integrationId, acceptedAtMs }: Delivery, shard: number) {
  switch (state.status) {
    case 'queued':
    case 'waiting':
      return { duPk: `DUE#${shard}`, duSk: state.dueAtMs };
    case 'delivering':
      return { duPk: `DUE#${shard}`, duSk: state.leaseUntilMs };
    case 'held':
      return { duPk: `HELD#${integrationId}#${shard}`, duSk: acceptedAtMs };
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return {};
  }
}

export type Kind = 'integration' | 'source' | 'key';

/** Where a resource stands in the list of its kind. */
export function kindKeys(kind: Kind, id: string) {
  return { kindPk: kind, kindSk: id };
}

export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly values?: Record<string, unknown>;
}

/** Every condition that a write is made under. */
export const conditions = {
  isNew: { ConditionExpression: 'attribute_not_exists(pk)' },
  /** The row is exactly the one that was read: every write of ours leaves another `w`. */
  isUnchanged: (write: unknown): Condition => ({
    ConditionExpression: 'w = :w',
    values: { ':w': write },
  }),
  hasVersion: (version: number): Condition => ({
    ConditionExpression: 'v = :v',
    values: { ':v': version },
  }),
  /** Never stored, or as good as gone: DynamoDB deletes up to days after the `ttl`. */
  isNewOrAcceptedBefore: (ms: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
    ExpressionAttributeNames: { '#at': 'at' },
    values: { ':at': ms },
  }),
  isNewOrExpiredAt: (nowMs: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(pk) OR ex <= :now',
    values: { ':now': nowMs },
  }),
  hasId: (id: string): Condition => ({
    ConditionExpression: 'id = :id',
    values: { ':id': id },
  }),
  isSeededBy: (seed: string): Condition => ({
    ConditionExpression: 'sd = :sd',
    values: { ':sd': seed },
  }),
  isUnanswered: (seed: string): Condition => ({
    ConditionExpression: 'sd = :sd AND attribute_not_exists(sc)',
    values: { ':sd': seed },
  }),
  wasStartedAt: (ms: number): Condition => ({
    ConditionExpression: 'startedAtMs = :ms',
    values: { ':ms': ms },
  }),
  /** The last use that is noted lies before this one. */
  wasNotUsedSince: (ms: number): Condition => ({
    ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(lu) OR lu < :lu)',
    values: { ':lu': ms },
  }),
} as const;

const DAY_MS = 86_400_000;

/** The age at which history is over, in milliseconds. */
export function retentionMs(days: number): number {
  return days * DAY_MS;
}

/** A `ttl` in seconds that never deletes before `ms`. */
export function ttlAt(ms: number): number {
  return Math.ceil(ms / 1000);
}
