import type { BreakerRef } from '../../domain/breaker.ts';
import type { DeliveryStatus } from '../../domain/delivery.ts';
import { type IntegrationId, SHARDS } from '../../domain/ids.ts';

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
/** Of the index `troubled`. */
export const TROUBLED = 'TROUBLED';
/** Jobs sort by their ids, which sort by time. */
export const JOBS = 'JOBS';
export const JOB_MARKS = 'JOB-MARKS';
export const HEALTH_CHECKS = 'HEALTHCHECKS';
/** Of a line's partition: the lock, and the bounds of its places, which begin with a digit. */
export const LINE_LOCK = '!lock';
export const PLACES_FROM = '0';
export const PLACES_TO = ':';

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
  /** All three under `AUTH#`: whoever checks keys sees no other row of the state. */
  keyRate: (bucket: string): Key => ({ pk: `AUTH#RATE#${bucket}`, sk: 'R' }),
  lockOut: (network: string): Key => ({ pk: `AUTH#LOCK#${network}`, sk: 'L' }),
  signature: (id: string): Key => ({ pk: `AUTH#SIGN#${id}`, sk: 'S' }),
  checkpoint: (tenant: string): Key => ({ pk: `CHECKPOINT#${tenant}`, sk: 'CHECKPOINT' }),
  healthCheck: (integrationId: IntegrationId): Key => ({ pk: HEALTH_CHECKS, sk: integrationId }),
  sweep: (kind: string, integrationId: IntegrationId): Key => ({
    pk: SWEEPS,
    sk: `${kind}#${integrationId}`,
  }),
  job: (id: string): Key => ({ pk: JOBS, sk: id }),
  jobMark: (id: string): Key => ({ pk: JOB_MARKS, sk: id }),
  breaker: (ref: BreakerRef): Key => ({ pk: `B#${breakerId(ref)}`, sk: 'S' }),
  transition: (ref: BreakerRef, version: number): Key => ({
    pk: `B#${breakerId(ref)}`,
    sk: `H#${String(version).padStart(12, '0')}`,
  }),
  rate: (integrationId: IntegrationId): Key => ({ pk: `L#${integrationId}`, sk: 'R' }),
  places: (integrationId: IntegrationId): Key => ({ pk: `L#${integrationId}`, sk: 'C' }),
  /** The integration's own, whatever the rest says: no other's answer can be read by mistake. */
  answer: (integrationId: IntegrationId, key: string): Key => ({
    pk: `ANSWER#${integrationId}#${key}`,
    sk: 'ANSWER',
  }),
  drain: (integrationId: IntegrationId): Key => ({ pk: `DRAIN#${integrationId}`, sk: 'DRAIN' }),
  place: (line: string, place: string): Key => ({ pk: `LINE#${line}`, sk: place }),
  lineLock: (line: string): Key => ({ pk: `LINE#${line}`, sk: LINE_LOCK }),
} as const;

/** Names a breaker among all; no integration id contains a `~`. */
export function breakerId({ integrationId, target }: BreakerRef): string {
  return `${integrationId}~${target}`;
}

export function parseBreakerId(id: string): Pick<BreakerRef, 'integrationId' | 'target'> {
  const at = id.lastIndexOf('~');
  return { integrationId: id.slice(0, at) as IntegrationId, target: Number(id.slice(at + 1)) };
}

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

/** Every condition that a write is made under, but those of breakers and limits. */
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
  /** The document is exactly the one that was read. */
  hasDocument: (doc: string): Condition => ({
    ConditionExpression: 'doc = :doc',
    values: { ':doc': doc },
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
  hasId: (id: string): Condition => ({ ConditionExpression: 'id = :id', values: { ':id': id } }),
  /** Nobody's lock, one that is over, or this owner's own. */
  isFreeFor: (owner: string, nowMs: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(pk) OR lu <= :now OR ow = :ow',
    values: { ':now': nowMs, ':ow': owner },
  }),
  isOwnedBy: (owner: string): Condition => ({
    ConditionExpression: 'ow = :ow',
    values: { ':ow': owner },
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
  wasAskedAt: (ms: number): Condition => ({
    ConditionExpression: 'la = :la',
    values: { ':la': ms },
  }),
  wasWatchedAt: (ms: number): Condition => ({
    ConditionExpression: 'wa = :wa',
    values: { ':wa': ms },
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
