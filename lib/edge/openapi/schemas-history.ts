import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import { EVENT_TYPE } from '../../domain/event.ts';
import { EVENT_ID } from '../../domain/ids.ts';
import { JOB_KINDS, JOB_STATUSES } from '../../domain/job.ts';
import { RECOVER_STATUSES } from '../../domain/recovery.ts';
import {
  COUNT,
  choice,
  FLAG,
  INSTANT,
  idOf,
  listOf,
  mapOf,
  matching,
  nullable,
  object,
  ref,
  type Schemas,
  text,
} from './schema.ts';

const DELIVERY_ID = text({ pattern: '^dlv_' });
const STATUS = choice(DELIVERY_STATUSES);

const EVENT_SUMMARY: Schemas = {
  id: matching(EVENT_ID),
  type: matching(EVENT_TYPE),
  tenant: text(),
  acceptedAt: INSTANT,
  source: nullable(text({ description: 'An inbound source, or what a CloudEvent says.' })),
  deliverAt: nullable(INSTANT),
};

const DELIVERY: Schemas = {
  id: DELIVERY_ID,
  event: matching(EVENT_ID),
  type: matching(EVENT_TYPE),
  integration: idOf('int'),
  tenant: text(),
  status: STATUS,
  attempts: COUNT,
  nextAttemptAt: nullable(INSTANT),
  heldBy: nullable(choice(['breaker', 'pause', 'limit'])),
  deliveredVia: nullable(text({ pattern: '^(primary|fallback:[1-9][0-9]*)$' })),
  createdAt: INSTANT,
  completedAt: nullable(INSTANT),
};

const ERRORS = [
  ...['dns', 'refused', 'tls', 'timeout', 'reset', 'blocked', 'body-too-large', 'http'],
];

/** Events, deliveries and jobs as they are answered. */
export const HISTORY_SCHEMAS: Schemas = {
  Published: object({
    id: matching(EVENT_ID),
    type: matching(EVENT_TYPE),
    tenant: text(),
    acceptedAt: INSTANT,
    deliveries: listOf(object({ id: DELIVERY_ID, integration: idOf('int'), status: STATUS })),
    fanout: choice(['inline', 'queued']),
  }),
  BatchResults: object({
    results: listOf({
      anyOf: [
        object({ status: { type: 'integer', enum: [200, 202] }, id: matching(EVENT_ID) }),
        object({ status: { type: 'integer', minimum: 400 }, problem: ref('Problem') }),
      ],
    }),
  }),
  EventSummary: object(EVENT_SUMMARY),
  Event: object({
    ...EVENT_SUMMARY,
    timestamp: INSTANT,
    metadata: mapOf(text()),
    orderingKey: nullable(text()),
    data: { description: 'The payload, as it was given.' },
  }),
  Delivery: object(DELIVERY),
  DeliveryDetail: object({ ...DELIVERY, attempts: listOf(ref('Attempt')) }),
  Attempt: object({
    id: idOf('att'),
    number: { type: 'integer', minimum: 1 },
    startedAt: INSTANT,
    latencyMs: { type: 'number', minimum: 0 },
    target: text({ description: 'The URL without its query string, or an ARN.' }),
    outcome: choice(['success', 'retryable', 'permanent']),
    error: nullable(choice(ERRORS)),
    statusCode: nullable(COUNT),
    responseHeaders: mapOf(text()),
    responseBody: text({ description: 'The first 4 KiB of the answer.' }),
    retryAfterSeconds: nullable({ type: 'number' }),
  }),
  Replayed: object({ id: matching(EVENT_ID), deliveries: listOf(ref('Delivery')) }),
  Job: object({
    id: idOf('job'),
    kind: choice(JOB_KINDS),
    tenant: text(),
    integration: idOf('int'),
    dryRun: FLAG,
    status: choice(JOB_STATUSES),
    progress: object({ done: COUNT, total: COUNT }),
    error: nullable(text()),
    request: object({
      since: INSTANT,
      until: INSTANT,
      status: listOf(choice(RECOVER_STATUSES)),
      dryRun: FLAG,
    }),
    createdAt: INSTANT,
    finishedAt: nullable(INSTANT),
  }),
};
