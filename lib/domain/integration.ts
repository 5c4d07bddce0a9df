import type { BreakerConfig } from './breaker.ts';
import { deliveryLinks, type FallbackChain } from './fallback.ts';
import type { IntegrationId } from './ids.ts';
import type { JsonObject } from './merge-patch.ts';
import type { RetryPolicy } from './retry.ts';
import type { Sealed } from './sealed.ts';
import type { Signing } from './signing.ts';
import type { Transform } from './transform.ts';

/** A service Breakwater delivers to: where, what, how signed, how retried, and whether now. */
export interface Integration {
  readonly id: IntegrationId;
  readonly tenant: string;
  readonly name: string;
  readonly serviceType: ServiceType;
  readonly endpoint: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly eventTypes: readonly string[];
  /** An event pattern as it was given; absent: every event of these types. */
  readonly filter?: JsonObject;
  /** Absent: the body is what the service type makes of the event. */
  readonly transform?: Transform;
  readonly request: OutboundRequest;
  readonly auth: Auth;
  readonly signing: Signing;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerConfig;
  readonly limits: Limits;
  /** Tried in order where the integration does not take something; may be empty. */
  readonly fallback: FallbackChain;
  readonly ordering: Ordering;
  /** Of `fifo` alone: how long one delivery keeps the others of its key waiting at most. */
  readonly orderingTimeoutSeconds?: number;
  /** Absent: its health is known from deliveries alone. */
  readonly healthCheck?: HealthCheck;
  readonly status: IntegrationStatus;
  readonly disabledReason: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Present: secret values are empty and URLs end in `?…`, until the store opens them. */
  readonly sealed?: Sealed;
  /** Counts every stored change; a write names the version it was read at. */
  readonly version: number;
}

/** How a body is made and for whom; the last two are named by ARN, the others called over HTTP. */
export const SERVICE_TYPES = [
  'webhook',
  'rest_api',
  'slack',
  'discord',
  'teams',
  'pagerduty',
  'sqs',
  'eventbridge',
] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

/** `fifo`: of the events with the same `orderingKey` one at a time, in the order of acceptance. */
export const ORDERINGS = ['none', 'fifo'] as const;
export type Ordering = (typeof ORDERINGS)[number];

export type IntegrationStatus = 'active' | 'paused' | 'disabled';

export interface OutboundRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** What an integration takes at most, over all functions; absent is without limit. */
export interface Limits {
  readonly perSecond?: number;
  readonly concurrency?: number;
}

/** A request of our own that asks an integration how it is. */
export interface HealthCheck {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Statuses that say it is well, like `retryOn`: '204', '2xx'. */
  readonly expectStatus: readonly string[];
}

/** Credentials sent with each request; their secret values are never shown again. */
export type Auth =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'apiKey'; readonly header: string; readonly value: string }
  /** An access token is asked for with these (RFC 6749 §4.4) and sent in their place. */
  | {
      readonly type: 'oauth2ClientCredentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly audience?: string;
      /** RFC 8707. */
      readonly resource?: string;
      /** Where id and secret stand: in the `Authorization` header, or in the form. */
      readonly clientAuthentication: 'basic' | 'body';
    };

export const REQUEST_DEFAULTS: OutboundRequest = {
  method: 'POST',
  contentType: 'application/json',
  headers: {},
  timeoutSeconds: 15,
};

/** The longest an attempt may take, in seconds: what `timeoutSeconds` allows at most. */
export const ATTEMPT_SECONDS_MAX = 30;
export const INTEGRATIONS_PER_TENANT_MAX = 2_000;
export const INTEGRATION_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const TENANT = /^[A-Za-z0-9_.-]{1,64}$/;
export const DEFAULT_TENANT = 'default';

/** What publishing needs to know of an integration. */
export interface Route {
  readonly id: IntegrationId;
  readonly name: string;
  readonly eventTypes: readonly string[];
  readonly filter?: JsonObject;
  readonly status: IntegrationStatus;
  readonly breaker: Pick<BreakerConfig, 'enabled'>;
  /** While its breaker is open deliveries go elsewhere, so that they are not to be held. */
  readonly diverts: boolean;
  readonly ordering?: 'fifo';
}

export function routeOf(integration: Integration): Route {
  const { id, name, eventTypes, filter, status, breaker, ordering } = integration;
  const diverts = deliveryLinks(integration.fallback, 'breaker-open').length > 0;
  return {
    id,
    name,
    eventTypes,
    ...(filter !== undefined && { filter }),
    status,
    breaker: { enabled: breaker.enabled },
    diverts,
    ...(ordering === 'fifo' && { ordering }),
  };
}
