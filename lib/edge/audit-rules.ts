import type { RecordedKind } from '../app/audit-stores.ts';
import type { RouteKey } from '../names.ts';

export type ResourceKind =
  | 'integration'
  | 'source'
  | 'key'
  | 'breaker'
  | 'delivery'
  | 'event'
  | 'job';

/** How a request is told of in the audit log. */
export interface AuditRule {
  readonly action: string;
  /** What the request is about, and the part of its path that names it; none for something new. */
  readonly kind: ResourceKind;
  readonly param?: string;
  /** Of what the request stores, what the entry shows; left out: the kind that it is about. */
  readonly shows?: RecordedKind;
  /** In place of `action` where the request made what was not there. */
  readonly creates?: string;
}

export interface Unaudited {
  readonly unaudited: string;
}

/** Routes that may change something. */
export type ChangingRoute = Extract<RouteKey, `${'POST' | 'PUT' | 'PATCH' | 'DELETE'} ${string}`>;

const INTEGRATION = { kind: 'integration', param: 'integration' } as const;
const SOURCE = { kind: 'source', param: 'source' } as const;
const BREAKER = { kind: 'breaker', param: 'integration' } as const;
const DELIVERY = { kind: 'delivery', param: 'delivery' } as const;
const HOT = 'Traffic, not administration: the history has it.';

/** Every route that may change something, and what its entry is; a new route without does not compile. */
export const CHANGES = {
  'POST /v1/events': { unaudited: HOT },
  'POST /v1/events/batch': { unaudited: HOT },
  'POST /v1/integrations/{integration}/call': { unaudited: HOT },
  'POST /v1/events/{event}/replay': {
    ...{ action: 'event.replay', kind: 'event', param: 'event', shows: 'delivery' },
  },
  'POST /v1/integrations': { action: 'integration.create', kind: 'integration' },
  'PUT /v1/integrations/{integration}': {
    ...{ action: 'integration.update', ...INTEGRATION, creates: 'integration.create' },
  },
  'PATCH /v1/integrations/{integration}': { action: 'integration.update', ...INTEGRATION },
  'DELETE /v1/integrations/{integration}': { action: 'integration.delete', ...INTEGRATION },
  'POST /v1/integrations/{integration}/pause': { action: 'integration.pause', ...INTEGRATION },
  'POST /v1/integrations/{integration}/resume': { action: 'integration.resume', ...INTEGRATION },
  'POST /v1/integrations/{integration}/test': { action: 'integration.test', ...INTEGRATION },
  'POST /v1/integrations/{integration}/secret/rotate': { action: 'secret.rotate', ...INTEGRATION },
  'POST /v1/integrations/{integration}/recover': {
    ...{ action: 'integration.recover', ...INTEGRATION, shows: 'job' },
  },
  'POST /v1/integrations/{integration}/breaker/trip': { action: 'breaker.trip', ...BREAKER },
  'POST /v1/integrations/{integration}/breaker/reset': { action: 'breaker.reset', ...BREAKER },
  'POST /v1/integrations/{integration}/breaker/disable': { action: 'breaker.disable', ...BREAKER },
  'POST /v1/integrations/{integration}/breaker/enable': { action: 'breaker.enable', ...BREAKER },
  'POST /v1/jobs/{job}/cancel': { action: 'job.cancel', kind: 'job', param: 'job' },
  'POST /v1/deliveries/{delivery}/retry': { action: 'delivery.retry', ...DELIVERY },
  'POST /v1/deliveries/{delivery}/cancel': { action: 'delivery.cancel', ...DELIVERY },
  'POST /v1/sources': { action: 'source.create', kind: 'source' },
  'PUT /v1/sources/{source}': {
    ...{ action: 'source.update', ...SOURCE, creates: 'source.create' },
  },
  'PATCH /v1/sources/{source}': { action: 'source.update', ...SOURCE },
  'DELETE /v1/sources/{source}': { action: 'source.delete', ...SOURCE },
  'POST /v1/sources/{source}/secret/rotate': { action: 'secret.rotate', ...SOURCE },
  'POST /v1/keys': { action: 'key.create', kind: 'key' },
  'DELETE /v1/keys/{key}': { action: 'key.revoke', kind: 'key', param: 'key' },
  'POST /v1/keys/{key}/rotate': { action: 'key.rotate', kind: 'key', param: 'key' },
} as const satisfies Record<ChangingRoute, AuditRule | Unaudited>;

/** Readings that are told of too, before they are answered. */
export const READINGS = {
  'GET /v1/integrations/{integration}/secret': { action: 'secret.read', ...INTEGRATION },
  /** Exports alone: a list on a screen is not told of. */
  'GET /v1/deliveries': { action: 'delivery.export', kind: 'delivery', exportsOnly: true },
} as const satisfies Partial<Record<RouteKey, AuditRule & { readonly exportsOnly?: true }>>;
