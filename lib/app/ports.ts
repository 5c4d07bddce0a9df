import type { ApiKey } from '../domain/api-key.ts';
import type { DeliveryTask } from '../domain/delivery.ts';
import type { IntegrationId, KeyId, SourceId } from '../domain/ids.ts';
import type { Integration, Route } from '../domain/integration.ts';
import type { CheckedWindow } from '../domain/reconciliation.ts';
import type { Source } from '../domain/source.ts';
import type { Metric } from '../names.ts';
import type { EventRef } from './ports-history.ts';

/** What the use cases need from the world. Expected outcomes are return values; outages throw. */

export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Runs `work` after `ms`, unless the function it returns is called before. */
  after(ms: number, work: () => void): () => void;
}

export interface Random {
  bytes(count: number): Uint8Array;
  /** In [0, 1). */
  unit(): number;
}

/** One page of a list; `next` continues it, undefined at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

export interface Integrations {
  /** Stores a new one. Its name is then taken for its tenant. */
  create(integration: Integration): Promise<'created' | 'name-taken' | 'limit-reached'>;
  /** By id; with `tenant` only if it is that tenant's. Strongly consistent. */
  byId(id: IntegrationId, tenant?: string): Promise<Integration | undefined>;
  /** By name. Strongly consistent. */
  byName(tenant: string, name: string): Promise<Integration | undefined>;
  /** Stores `next` (its version one more than `next.version` says) over exactly `next.version`. */
  save(next: Integration, previousName: string): Promise<'saved' | 'stale' | 'name-taken'>;
  remove(integration: Integration): Promise<'removed' | 'stale'>;
  /**
   * The integration with its secret values, which all others leave out where they are stored
   * sealed. Only for who uses them now: it may ask KMS, and throws as long as that is away.
   */
  open(integration: Integration): Promise<Integration>;
  /** Newest first; of one tenant or of all. `after` is a page's `next`. */
  list(query: {
    readonly tenant?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<Integration>>;
  /** All of the tenant's routes as of now: an integration created before the call is in it. */
  routes(tenant: string): Promise<readonly Route[]>;
  /** Tenants that have, or once had, an integration. */
  tenants(): Promise<readonly string[]>;
}

/** Integrations as the delivery path reads them: up to two seconds old, one read for many. */
export interface Targets {
  get(tenant: string, id: IntegrationId): Promise<Integration | undefined>;
}

export interface Sources {
  create(source: Source): Promise<'created' | 'name-taken' | 'limit-reached'>;
  byId(id: SourceId, tenant?: string): Promise<Source | undefined>;
  byName(tenant: string, name: string): Promise<Source | undefined>;
  save(next: Source, previousName: string): Promise<'saved' | 'stale' | 'name-taken'>;
  remove(source: Source): Promise<'removed' | 'stale'>;
  /** The source with its secrets, likewise. */
  open(source: Source): Promise<Source>;
  list(query: {
    readonly tenant?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<Source>>;
}

export interface ApiKeys {
  /** Stores the key unless one with its `lookup` exists. */
  create(key: ApiKey): Promise<'created' | 'exists'>;
  byLookup(lookup: string): Promise<ApiKey | undefined>;
  byId(id: KeyId): Promise<ApiKey | undefined>;
  remove(key: ApiKey): Promise<void>;
  /** Lets the key end at `atMs` unless it ends earlier; 'gone' where it is no longer there. */
  expire(key: Pick<ApiKey, 'id' | 'lookup'>, atMs: number): Promise<ApiKey | 'gone'>;
  list(query: {
    readonly tenant?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<ApiKey>>;
  /** Notes the use, to the nearest ten minutes; never fails the caller. */
  used(key: ApiKey, atMs: number): Promise<void>;
}

/** What key secrets are hashed with: a secret of the deployment that no table holds. */
export type Pepper = string;

/** Where the deployment's first admin key is kept for its owner. */
export interface AdminKeyVault {
  /** What was written last; undefined, or any other text, before a key was. */
  read(): Promise<string | undefined>;
  write(key: string): Promise<void>;
}

/** A doorbell: `delaySeconds` 0–900, payload only where it is small. */
export interface Doorbell {
  readonly task: DeliveryTask;
  readonly delaySeconds: number;
}

export interface DeliveryQueue {
  /** Sends in batches; returns how many were not taken. Never throws: the table is the truth. */
  ring(doorbells: readonly Doorbell[]): Promise<{ readonly failed: number }>;
}

export interface FanOutQueue {
  ring(event: EventRef): Promise<{ readonly failed: number }>;
}

/** A claim on something that may be done once: an idempotency key, an inbound delivery id. */
export interface Claim {
  readonly key: string;
  readonly fingerprint: string;
  /** From which the ids of the claimed work are derived, so that a second run makes the same. */
  readonly seed: string;
  readonly createdAtMs: number;
  readonly leaseUntilMs: number;
  /** Absent while it runs. */
  readonly answer?: ClaimedAnswer;
}
export interface ClaimedAnswer {
  readonly statusCode: number;
  readonly body: string;
}

export interface Claims {
  /**
   * Takes the claim if it is free, expired, or left behind by a run that died (its lease is
   * over and the fingerprint is the same: the old seed is kept). Else the standing one.
   */
  take(
    claim: Claim,
    expiresAtMs: number,
    nowMs: number,
  ): Promise<
    | { readonly kind: 'taken'; readonly claim: Claim }
    | { readonly kind: 'standing'; readonly claim: Claim }
  >;
  finish(key: string, seed: string, answer: ClaimedAnswer): Promise<void>;
  /**
   * Ends the lease, so that the next try runs at once; under the same seed, for what failed may
   * have been done all the same.
   */
  release(key: string, seed: string): Promise<void>;
}

/** What the tick remembers between minutes. */
export interface Checkpoint {
  readonly tenant: string;
  /** Everything accepted before this has been compared once. */
  readonly reconciledUntilMs: number;
  /** Windows to be counted again later: an index may have lagged when they were first read. */
  readonly recent: readonly CheckedWindow[];
  readonly version: number;
}
/** Work on a whole integration that outlives one request: let go what is held, or cancel it. */
export interface Sweep {
  readonly kind: 'release' | 'cancel';
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  readonly startedAtMs: number;
}

export interface Progress {
  checkpoint(tenant: string): Promise<Checkpoint | undefined>;
  saveCheckpoint(next: Checkpoint): Promise<'saved' | 'stale'>;
  /** Puts the sweep, replacing one of the same kind and integration. */
  startSweep(sweep: Sweep): Promise<void>;
  sweeps(): Promise<readonly Sweep[]>;
  /** Removes it unless it was started anew meanwhile. */
  endSweep(sweep: Sweep): Promise<void>;
}

/** One wide line per unit of work, and its figures. Nothing here may hold a payload or a secret. */
export interface Telemetry {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** `reason`, from a closed list, is counted besides under a dimension of its own. */
  count(metric: Metric, value?: number, reason?: string): void;
  millis(metric: Metric, value: number): void;
}
