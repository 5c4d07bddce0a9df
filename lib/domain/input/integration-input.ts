import * as z from 'zod/mini';
import type { BreakerConfig } from '../breaker.ts';
import { checkUrl, type EgressPolicy } from '../egress.ts';
import type { FieldError } from '../errors.ts';
import { EVENT_TYPE_CHARS_MAX } from '../event.ts';
import {
  type Auth,
  type HealthCheck,
  type Limits,
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
import { authSchema, requestSchema } from './request-input.ts';
import { retryOf, retrySchema } from './retry-input.ts';
import { sentHeaderProblems } from './sent-headers.ts';
import { LATER_SERVICE_TYPES, serviceProblems, withServiceDefaults } from './service-input.ts';
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
  readonly healthCheck?: HealthCheck;
}

const EVENT_TYPES_MAX = 100;
/** What an event type must match to be wanted: `*` only alone or as the last segment. */
const PATTERN = /^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$/;
const LATER = ['fallback', 'ordering'];
const READ_ONLY = ['id', 'status', 'disabledReason', 'createdAt', 'updatedAt'];

const integrationSchema = fields({
  name: nameText(),
  tenant: z.optional(tenantText()),
  serviceType: z._default(choice(SERVICE_TYPES, LATER_SERVICE_TYPES), 'webhook'),
  endpoint: z.string(refusing('an https URL')),
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
  healthCheck: z.optional(z.nullable(healthCheckSchema)),
});

/** Reads an integration; every problem of it, those of its URLs included, comes in one error. */
export function parseIntegrationInput(body: unknown, egress: EgressPolicy): IntegrationInput {
  const parsed = parseBody(integrationSchema, withServiceDefaults(body), {
    later: LATER,
    readOnly: READ_ONLY,
    also: (object) => [
      ...endpointProblems(object, egress),
      ...filterProblems(object),
      ...healthCheckProblems(object, egress),
      ...sentHeaderProblems(object),
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
    ...healthCheckOf(healthCheck),
  };
}

function endpointProblems({ endpoint }: JsonObject, egress: EgressPolicy): readonly FieldError[] {
  if (typeof endpoint !== 'string') return [];
  const checked = checkUrl(endpoint, egress);
  return checked.ok ? [] : [{ path: 'endpoint', message: checked.message }];
}
