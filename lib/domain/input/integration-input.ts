import * as z from 'zod/mini';
import type { BreakerConfig } from '../breaker.ts';
import type { EgressPolicy } from '../egress.ts';
import { EVENT_TYPE_CHARS_MAX } from '../event.ts';
import {
  type Auth,
  type HealthCheck,
  type Limits,
  ORDERINGS,
  type Ordering,
  type OutboundRequest,
  REQUEST_DEFAULTS,
  SERVICE_TYPES,
  type ServiceType,
} from '../integration.ts';
import type { JsonObject } from '../merge-patch.ts';
import { RETRY_DEFAULTS, type RetryPolicy } from '../retry.ts';
import type { Transform } from '../transform.ts';
import { parseBody } from './body.ts';
import { breakerOf, breakerSchema } from './breaker-input.ts';
import { type FallbackInput, fallbackOf, fallbackSchema } from './fallback-input.ts';
import { fallbackProblems } from './fallback-problems.ts';
import {
  choice,
  description,
  fields,
  listOf,
  metadata,
  nameText,
  refusing,
  tenantText,
  text,
} from './field.ts';
import { filterOf, filterProblems } from './filter-input.ts';
import { healthCheckOf, healthCheckProblems, healthCheckSchema } from './health-check-input.ts';
import { limitsOf, limitsSchema } from './limits-input.ts';
import { orderingOf, orderingProblems, orderingTimeoutSchema } from './ordering-input.ts';
import { authSchema, requestSchema, tokenUrlProblems } from './request-input.ts';
import { retryOf, retrySchema } from './retry-input.ts';
import { sentHeaderProblems } from './sent-headers.ts';
import { endpointProblems, serviceProblems, withServiceDefaults } from './service-input.ts';
import { hiddenQueryProblems } from './shown-urls.ts';
import { type SigningInput, signingOf, signingSchema } from './signing-input.ts';
import { contentTypeProblems, transformOf, transformSchema } from './transform-input.ts';

/** Everything a caller may set of an integration, checked, with defaults filled in. */
export interface IntegrationInput {
  readonly name: string;
  /** Absent: the caller's own, or the default one. */
  readonly tenant?: string;
  readonly serviceType: ServiceType;
  readonly endpoint: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly eventTypes: readonly string[];
  readonly filter?: JsonObject;
  readonly transform?: Transform;
  readonly request: OutboundRequest;
  readonly auth: Auth;
  readonly signing: SigningInput;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerConfig;
  readonly limits: Limits;
  readonly fallback: FallbackInput;
  readonly ordering: Ordering;
  readonly orderingTimeoutSeconds?: number;
  readonly healthCheck?: HealthCheck;
}

const EVENT_TYPES_MAX = 100;
/** What an event type must match to be wanted: `*` only alone or as the last segment. */
const PATTERN = /^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$/;
const READ_ONLY = ['id', 'status', 'disabledReason', 'createdAt', 'updatedAt'];

export const integrationSchema = fields({
  name: nameText(),
  tenant: z.optional(tenantText()),
  serviceType: z._default(choice(SERVICE_TYPES), 'webhook'),
  endpoint: z.string(refusing('an https URL, or the ARN of a queue or an event bus')),
  description: z._default(description(), ''),
  metadata: z._default(metadata(), {}),
  eventTypes: z._default(
    listOf(
      text(
        PATTERN,
        EVENT_TYPE_CHARS_MAX,
        `dot-separated segments of A–Z a–z 0–9 _ -, up to ${EVENT_TYPE_CHARS_MAX} characters; * alone or as the last segment`,
      ),
      1,
      EVENT_TYPES_MAX,
    ),
    ['*'],
  ),
  filter: z.optional(z.unknown()),
  transform: z.optional(z.nullable(transformSchema)),
  request: z._default(requestSchema, { ...REQUEST_DEFAULTS, headers: {} }),
  auth: z._default(authSchema, { type: 'none' }),
  signing: z._default(signingSchema, { scheme: 'standard-webhooks' }),
  retry: z.optional(retrySchema),
  breaker: z.optional(breakerSchema),
  limits: z.optional(z.nullable(limitsSchema)),
  fallback: z.optional(z.nullable(fallbackSchema)),
  ordering: z._default(choice(ORDERINGS), 'none'),
  orderingTimeoutSeconds: z.optional(z.nullable(orderingTimeoutSchema)),
  healthCheck: z.optional(z.nullable(healthCheckSchema)),
});

/** Reads an integration; every problem of it, those of its URLs included, comes in one error. */
export function parseIntegrationInput(body: unknown, egress: EgressPolicy): IntegrationInput {
  const parsed = parseBody(integrationSchema, withServiceDefaults(body), {
    readOnly: READ_ONLY,
    also: (object) => [
      ...hiddenQueryProblems(object),
      ...endpointProblems(object, egress),
      ...tokenUrlProblems(object.auth, egress),
      ...filterProblems(object),
      ...healthCheckProblems(object, egress),
      ...sentHeaderProblems(object),
      ...fallbackProblems(object, egress),
      ...orderingProblems(object),
      ...serviceProblems(object),
      ...contentTypeProblems(object),
    ],
  });
  const {
    tenant,
    filter,
    transform,
    request,
    signing,
    retry,
    breaker,
    limits,
    fallback,
    ordering,
    orderingTimeoutSeconds,
    healthCheck,
    ...plain
  } = parsed;
  return {
    ...plain,
    ...(tenant !== undefined && { tenant }),
    ...filterOf(filter),
    ...transformOf(transform),
    request: { ...request, headers: request.headers as Record<string, string> },
    signing: signingOf(signing),
    retry: retry === undefined ? RETRY_DEFAULTS : retryOf(retry),
    breaker: breakerOf(breaker),
    limits: limitsOf(limits),
    fallback: fallbackOf(fallback),
    ...orderingOf(ordering, orderingTimeoutSeconds),
    ...healthCheckOf(healthCheck),
  };
}
