import type { Scope } from '../../lib/domain/api-key.ts';
import { isOpen, type RouteKey } from '../../lib/names.ts';

/** What a route asks of a key, and how it answers one that has it. */
export interface Access {
  readonly scope: Scope;
  /** To a key of the resource's tenant, and to one for all tenants. */
  readonly own: number;
  /**
   * To a key of another tenant: the 404 of what does not exist, unless it says otherwise. `own`:
   * the route is about no tenant, or answers with what that key may see.
   */
  readonly foreign?: 'own' | 403;
  readonly body?: unknown;
  readonly query?: string;
}

const ENDPOINT = 'https://erp.example.com/in';
const INTEGRATION = { name: 'new', serviceType: 'webhook', endpoint: ENDPOINT };
const SOURCE = { name: 'new', provider: 'standard-webhooks' };
const EVENT = { type: 'invoice.paid', data: {}, tenant: 'a' };
const KEY = { name: 'new', scopes: ['keys:write'], tenant: 'a' };
const IN_A = 'tenant=a';
const RECOVER = { since: '2026-01-15T00:00:00.000Z' };
const CALL = { method: 'GET', path: '/x' };

/**
 * Every keyed route. A route that is not here, or has another scope in the code, fails the matrix:
 * what may be done with which key is decided here a second time.
 */
export const ACCESS: Readonly<Partial<Record<RouteKey, Access>>> = {
  'POST /v1/events': { scope: 'events:publish', own: 202, foreign: 403, body: EVENT },
  // Each event has its own answer: the test looks at that.
  'POST /v1/events/batch': { scope: 'events:publish', own: 207, foreign: 'own', body: [EVENT] },
  'GET /v1/events': { scope: 'events:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/events/{event}': { scope: 'events:read', own: 200 },
  'GET /v1/events/{event}/deliveries': { scope: 'deliveries:read', own: 200 },
  'POST /v1/events/{event}/replay': { scope: 'deliveries:write', own: 202, body: {} },
  'POST /v1/integrations': {
    scope: 'integrations:write',
    own: 201,
    foreign: 403,
    body: { ...INTEGRATION, tenant: 'a' },
  },
  'GET /v1/integrations': { scope: 'integrations:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/integrations/{integration}': { scope: 'integrations:read', own: 200 },
  'PUT /v1/integrations/{integration}': {
    scope: 'integrations:write',
    own: 200,
    body: INTEGRATION,
  },
  'PATCH /v1/integrations/{integration}': { scope: 'integrations:write', own: 200, body: {} },
  'DELETE /v1/integrations/{integration}': { scope: 'integrations:write', own: 204 },
  'POST /v1/integrations/{integration}/pause': { scope: 'integrations:write', own: 200 },
  'POST /v1/integrations/{integration}/resume': { scope: 'integrations:write', own: 200 },
  'POST /v1/integrations/{integration}/test': { scope: 'integrations:write', own: 200 },
  'POST /v1/integrations/{integration}/call': { scope: 'integrations:call', own: 200, body: CALL },
  'GET /v1/integrations/{integration}/secret': { scope: 'secrets:read', own: 200 },
  'POST /v1/integrations/{integration}/secret/rotate': { scope: 'integrations:write', own: 200 },
  'POST /v1/integrations/{integration}/recover': {
    scope: 'deliveries:write',
    own: 202,
    body: RECOVER,
  },
  'GET /v1/integrations/{integration}/health': { scope: 'integrations:read', own: 200 },
  'GET /v1/integrations/{integration}/stats': { scope: 'integrations:read', own: 200 },
  'GET /v1/integrations/{integration}/breaker': { scope: 'integrations:read', own: 200 },
  'GET /v1/integrations/{integration}/breaker/history': { scope: 'integrations:read', own: 200 },
  'POST /v1/integrations/{integration}/breaker/trip': { scope: 'breakers:write', own: 200 },
  'POST /v1/integrations/{integration}/breaker/reset': { scope: 'breakers:write', own: 200 },
  'POST /v1/integrations/{integration}/breaker/disable': { scope: 'breakers:write', own: 200 },
  'POST /v1/integrations/{integration}/breaker/enable': { scope: 'breakers:write', own: 200 },
  'GET /v1/breakers': { scope: 'integrations:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/stats': { scope: 'deliveries:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/jobs': { scope: 'deliveries:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/jobs/{job}': { scope: 'deliveries:read', own: 200 },
  'POST /v1/jobs/{job}/cancel': { scope: 'deliveries:write', own: 200 },
  'GET /v1/deliveries': { scope: 'deliveries:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/deliveries/{delivery}': { scope: 'deliveries:read', own: 200 },
  // It is queued already.
  'POST /v1/deliveries/{delivery}/retry': { scope: 'deliveries:write', own: 409 },
  'POST /v1/deliveries/{delivery}/cancel': { scope: 'deliveries:write', own: 200 },
  'POST /v1/sources': {
    scope: 'sources:write',
    own: 201,
    foreign: 403,
    body: { ...SOURCE, tenant: 'a' },
  },
  'GET /v1/sources': { scope: 'sources:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/sources/{source}': { scope: 'sources:read', own: 200 },
  'PUT /v1/sources/{source}': { scope: 'sources:write', own: 200, body: SOURCE },
  'PATCH /v1/sources/{source}': { scope: 'sources:write', own: 200, body: {} },
  'DELETE /v1/sources/{source}': { scope: 'sources:write', own: 204 },
  'POST /v1/sources/{source}/secret/rotate': { scope: 'sources:write', own: 200 },
  'GET /v1/providers': { scope: 'sources:read', own: 200, foreign: 'own' },
  'POST /v1/keys': { scope: 'keys:write', own: 201, foreign: 403, body: KEY },
  'GET /v1/keys': { scope: 'keys:write', own: 200, foreign: 403, query: IN_A },
  'DELETE /v1/keys/{key}': { scope: 'keys:write', own: 204 },
  'POST /v1/keys/{key}/rotate': { scope: 'keys:write', own: 201 },
  'GET /v1/audit': { scope: 'audit:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/audit/digests': { scope: 'audit:read', own: 200, foreign: 403, query: IN_A },
  'GET /v1/audit/verify': { scope: 'audit:read', own: 200, foreign: 403, query: IN_A },
};

/** The open ones, by hand as well: a route that lost its key would show here. */
export const OPEN: readonly string[] = [
  ...['GET /health/live', 'GET /health/ready', 'GET /openapi.json', 'GET /docs', 'HEAD /docs'],
  ...['ANY /in/{source}', '$default'],
];

export function keyedRoutes(routes: readonly string[]): readonly string[] {
  return routes.filter((route) => !isOpen(route));
}
