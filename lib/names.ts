/**
 * Every name that code and infrastructure share: routes, environment variables, tables with
 * their indexes, metrics. The stack is built from this file and the functions read from it, so
 * a name that only one side knows does not compile.
 */

/** Every route of the HTTP API, and the file in `functions/` that answers it. */
export const ROUTES = {
  'POST /v1/events': 'publish',
  'POST /v1/events/batch': 'publish',
  'GET /v1/events': 'api',
  'GET /v1/events/{event}': 'api',
  'GET /v1/events/{event}/deliveries': 'api',
  'POST /v1/events/{event}/replay': 'api',
  'POST /v1/integrations': 'api',
  'GET /v1/integrations': 'api',
  'GET /v1/integrations/{integration}': 'api',
  'PUT /v1/integrations/{integration}': 'api',
  'PATCH /v1/integrations/{integration}': 'api',
  'DELETE /v1/integrations/{integration}': 'api',
  'POST /v1/integrations/{integration}/pause': 'api',
  'POST /v1/integrations/{integration}/resume': 'api',
  'POST /v1/integrations/{integration}/test': 'api',
  'POST /v1/integrations/{integration}/call': 'call',
  'GET /v1/integrations/{integration}/secret': 'api',
  'POST /v1/integrations/{integration}/secret/rotate': 'api',
  'POST /v1/integrations/{integration}/recover': 'api',
  'GET /v1/integrations/{integration}/health': 'api',
  'GET /v1/integrations/{integration}/stats': 'api',
  'GET /v1/integrations/{integration}/breaker': 'api',
  'GET /v1/integrations/{integration}/breaker/history': 'api',
  'POST /v1/integrations/{integration}/breaker/trip': 'api',
  'POST /v1/integrations/{integration}/breaker/reset': 'api',
  'POST /v1/integrations/{integration}/breaker/disable': 'api',
  'POST /v1/integrations/{integration}/breaker/enable': 'api',
  'GET /v1/breakers': 'api',
  'GET /v1/stats': 'api',
  'GET /v1/jobs': 'api',
  'GET /v1/jobs/{job}': 'api',
  'POST /v1/jobs/{job}/cancel': 'api',
  'GET /v1/deliveries': 'api',
  'GET /v1/deliveries/{delivery}': 'api',
  'POST /v1/deliveries/{delivery}/retry': 'api',
  'POST /v1/deliveries/{delivery}/cancel': 'api',
  'POST /v1/sources': 'api',
  'GET /v1/sources': 'api',
  'GET /v1/sources/{source}': 'api',
  'PUT /v1/sources/{source}': 'api',
  'PATCH /v1/sources/{source}': 'api',
  'DELETE /v1/sources/{source}': 'api',
  'POST /v1/sources/{source}/secret/rotate': 'api',
  'GET /v1/providers': 'api',
  'POST /v1/keys': 'api',
  'GET /v1/keys': 'api',
  'DELETE /v1/keys/{key}': 'api',
  'POST /v1/keys/{key}/rotate': 'api',
  'GET /v1/audit': 'api',
  'GET /v1/audit/digests': 'api',
  'GET /v1/audit/verify': 'api',
  'GET /health/live': 'api',
  'GET /health/ready': 'api',
  'GET /openapi.json': 'api',
  'GET /docs': 'api',
  'HEAD /docs': 'api',
  'ANY /in/{source}': 'receive',
  /** Whatever no other route answers: 404, or 405 with `Allow`. */
  $default: 'api',
} as const;

export type RouteKey = keyof typeof ROUTES;

/** The route keys that the function file `F` answers. */
export type RouteOf<F extends string> = {
  [R in RouteKey]: (typeof ROUTES)[R] extends F ? R : never;
}[RouteKey];

/** Routes that need no key: health, the contract, inbound webhooks (signed), unknown paths. */
export function isOpen(route: string): boolean {
  return !route.includes(' /v1/');
}

/** Environment variables of the functions. */
export const ENV = {
  stage: 'BREAKWATER_STAGE',
  version: 'BREAKWATER_VERSION',
  /** `strict`: only public https targets. `loopback`: http to 127.0.0.1 too, local run only. */
  egress: 'BREAKWATER_EGRESS_POLICY',
  /** Private CIDR blocks that may be called all the same, comma-separated; absent is none. */
  egressAllow: 'BREAKWATER_EGRESS_ALLOW',
  /** `decode`: `64:ff9b::/96` counts as the IPv4 address inside; absent: it is refused. */
  egressNat64: 'BREAKWATER_EGRESS_NAT64',
  registryTable: 'BREAKWATER_REGISTRY_TABLE',
  historyTable: 'BREAKWATER_HISTORY_TABLE',
  stateTable: 'BREAKWATER_STATE_TABLE',
  auditTable: 'BREAKWATER_AUDIT_TABLE',
  deliveryQueueUrl: 'BREAKWATER_DELIVERY_QUEUE_URL',
  slowQueueUrl: 'BREAKWATER_SLOW_QUEUE_URL',
  drainQueueUrl: 'BREAKWATER_DRAIN_QUEUE_URL',
  workQueueUrl: 'BREAKWATER_WORK_QUEUE_URL',
  fanOutQueueUrl: 'BREAKWATER_FAN_OUT_QUEUE_URL',
  pepperSecretId: 'BREAKWATER_PEPPER_SECRET_ID',
  /** ARN of the key under which secrets and credentials are sealed. */
  secretsKeyArn: 'BREAKWATER_SECRETS_KEY_ARN',
  /** ARN of the key that the digests of the audit log are signed with. */
  digestKeyArn: 'BREAKWATER_DIGEST_KEY_ARN',
  adminKeySecretId: 'BREAKWATER_ADMIN_KEY_SECRET_ID',
  retentionDays: 'BREAKWATER_RETENTION_DAYS',
  /** Base URL under which `/in/{source}` is reachable, without a slash at the end; may be empty. */
  publicUrl: 'BREAKWATER_PUBLIC_URL',
  /** Own API hosts, comma-separated: no delivery may go to them. */
  ownHosts: 'BREAKWATER_OWN_HOSTS',
  /** Queues and event buses that may be sent to, exact ARNs, comma-separated; absent is none. */
  targetArns: 'BREAKWATER_TARGET_ARNS',
  /** `perSecond/burst` of keys that have no rate limit of their own; absent is none. */
  keyRateLimit: 'BREAKWATER_KEY_RATE_LIMIT',
} as const;

/**
 * Key attributes, TTL attribute and indexes of the four tables. Key attributes are strings
 * where nothing else is said; an index without `project` holds the keys alone.
 */
export const TABLES = {
  registry: {
    partitionKey: 'pk',
    sortKey: 'sk',
    /** Holds whole rows. */
    indexes: { kind: { name: 'kind', partitionKey: 'kindPk', sortKey: 'kindSk', whole: true } },
  },
  history: {
    partitionKey: 'pk',
    sortKey: 'sk',
    ttl: 'ttl',
    indexes: {
      timeline: {
        name: 'timeline',
        partitionKey: 'tlPk',
        sortKey: 'tlSk',
        /**
         * What a list shows; of an event also the targets and `deliverAt`, for the reconciler; of a
         * delivery how its last attempt went, for health. DynamoDB takes 20 names at most.
         */
        project: [
          ...['ty', 'at', 'tg', 'sr', 'da', 'lm', 'le'],
          ...['st', 'n', 'nx', 'dn', 'hb', 'via', 'duSk', 'sb', 'ss', 'rg'],
        ],
      },
      status: {
        name: 'status',
        partitionKey: 'stPk',
        sortKey: 'stSk',
        project: ['ty', 'at', 'st', 'n', 'nx', 'dn', 'hb', 'via', 'duSk', 'sb', 'ss', 'rg'],
      },
      /** The one index whose sort key is a number: milliseconds. */
      due: { name: 'due', partitionKey: 'duPk', sortKey: 'duSk', sortKeyType: 'N' },
    },
  },
  state: {
    partitionKey: 'pk',
    sortKey: 'sk',
    ttl: 'ttl',
    indexes: {
      /** Sparse: breakers that are not simply closed and well; counts are not in it. */
      troubled: {
        name: 'troubled',
        partitionKey: 'tbPk',
        sortKey: 'tbSk',
        project: ['tn', 'st', 'v', 'sn', 'ou', 'nb', 'sus', 'su'],
      },
    },
  },
  /** Only ever added to: no TTL, and nobody may update or delete a row. */
  audit: {
    partitionKey: 'pk',
    sortKey: 'sk',
    /** All chains by time. Holds whole rows. */
    indexes: { time: { name: 'time', partitionKey: 'tmPk', sortKey: 'tmSk', whole: true } },
  },
} as const;

export const METRIC_NAMESPACE = 'Breakwater';
/** The dimension `service` of every figure, beside `stage`. */
export const METRIC_SERVICE = 'breakwater';

/** What is counted. */
export type Metric =
  | 'EventsAccepted'
  | 'EventsDuplicate'
  | 'DeliveriesDelivered'
  | 'AttemptsFailed'
  | 'DeliveriesRetried'
  | 'DeliveriesDead'
  | 'DeliveriesHeld'
  | 'AttemptLatency'
  | 'AcceptToDelivered'
  | 'DoorbellsFailed'
  | 'LateResults'
  | 'DeliveriesReconciled'
  | 'DueDeliveriesRung'
  | 'InboundVerificationFailures'
  | 'BreakersOpened'
  | 'BreakersClosed'
  | 'BreakersHalfOpened'
  | 'BreakersTroubled'
  | 'BreakerProbes'
  | 'BreakerLateResults'
  | 'BreakerStoreFailures'
  | 'DeliveriesReleased'
  | 'DeliveriesMovedToSlowLane'
  | 'DeliveriesSetAside'
  | 'DeliveriesByFallback'
  | 'Calls'
  | 'CallsFailed'
  | 'CallsByFallback'
  | 'CallLatency'
  | 'Requests'
  | 'AuthFailures'
  | 'AuthLockOuts'
  | 'AuthStoreFailures'
  | 'AuditChainsBroken'
  | 'AuditDigestsLate';

/** SQS: how many messages go into one batch request. */
export const QUEUE_BATCH_MAX = 10;
/** How often a message is received before it is a dead letter. */
export const QUEUE_RECEIVES_MAX = 5;
/** AWS asks for six times the function timeout, so that a throttled batch is not received twice. */
export const QUEUE_VISIBILITY_FACTOR = 6;

/** Seconds the functions may run; queue visibility timeouts are derived from these. */
export const TIMEOUT_SECONDS = {
  authorize: 5,
  api: 29,
  call: 29,
  publish: 15,
  receive: 15,
  deliver: 75,
  fanOut: 60,
  tick: 55,
  work: 55,
  firstKey: 30,
} as const;
