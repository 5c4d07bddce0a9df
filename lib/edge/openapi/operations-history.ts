import { DELIVERY_STATUSES } from '../../domain/delivery.ts';
import { JOB_KINDS, JOB_STATUSES } from '../../domain/job.ts';
import {
  answered,
  type Body,
  LIST,
  listed,
  ONE,
  type Operations,
  optionalBody,
  RANGE,
  TEXT,
  TYPE,
} from './operation.ts';
import { SERIES_QUERY } from './operations-integrations.ts';
import { choice, pageOf, ref, text } from './schema.ts';

const [READ, WRITE] = ['deliveries:read', 'deliveries:write'] as const;
const CLOUD_BATCH = 'application/cloudevents-batch+json';

const PUBLISHED: Body = {
  content: {
    'application/json': ref('NewEvent'),
    'application/cloudevents+json': ref('CloudEvent'),
    [CLOUD_BATCH]: ref('CloudEventBatch'),
  },
};
const BATCHED: Body = {
  content: { 'application/json': ref('EventBatch'), [CLOUD_BATCH]: ref('CloudEventBatch') },
};

/** Also of the lists of deliveries, which have nothing that would have to go. */
const REDACT = {
  redact: {
    ...choice(['true', 'false']),
    description:
      'Values of payloads, metadata, headers and answers, and the source of a CloudEvent, become their types.',
  },
};

const EVENTS: Operations = {
  'POST /v1/events': {
    id: 'publishEvent',
    tag: 'Events',
    scope: 'events:publish',
    summary: 'Publish an event; CloudEvents 1.0 too, also in binary mode (`ce-…` headers)',
    body: PUBLISHED,
    answers: {
      200: answered('Published before with the same content.', 'Published'),
      202: answered('Stored: nothing can be lost any more.', 'Published'),
      207: answered('Of a batch, each with its own status.', 'BatchResults'),
    },
    problems: ['event-id-conflict', 'limit-reached', 'conflict'],
  },
  'POST /v1/events/batch': {
    id: 'publishBatch',
    tag: 'Events',
    scope: 'events:publish',
    summary: 'Publish up to 100 events, each with a result of its own',
    body: BATCHED,
    answers: { 207: answered('In the order of the list.', 'BatchResults') },
  },
  'GET /v1/events': {
    ...{ id: 'listEvents', tag: 'Events', scope: 'events:read', summary: 'List events' },
    query: {
      ...LIST,
      type: TYPE,
      source: { ...TEXT, description: 'Id or name of a source, or the `source` of CloudEvents.' },
      ...RANGE,
      q: { ...TEXT, description: 'A part of the id or the type, in any case.' },
      ...REDACT,
    },
    answers: { 200: listed('EventSummary') },
  },
  'GET /v1/events/{event}': {
    ...{ id: 'getEvent', tag: 'Events', scope: 'events:read', summary: 'Read an event' },
    query: { ...ONE, ...REDACT },
    answers: { 200: answered('With its payload.', 'Event') },
  },
  'GET /v1/events/{event}/deliveries': {
    id: 'listEventDeliveries',
    tag: 'Events',
    scope: READ,
    summary: 'List the deliveries of an event',
    query: { ...LIST, ...REDACT },
    answers: { 200: listed('Delivery') },
  },
  'POST /v1/events/{event}/replay': {
    ...{ id: 'replayEvent', tag: 'Events', scope: WRITE, summary: 'Send an event again' },
    query: ONE,
    body: optionalBody('Replay'),
    answers: { 202: answered('To those named, or all that want it now.', 'Replayed') },
    problems: ['invalid-state', 'conflict'],
  },
};

const DELIVERIES: Operations = {
  'GET /v1/deliveries': {
    ...{ id: 'listDeliveries', tag: 'Deliveries', scope: READ, summary: 'List deliveries' },
    query: {
      ...LIST,
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 5_000,
        description: 'As JSON 1–250, default 50; as CSV 1–5000, default 1000.',
      },
      integration: text({ minLength: 1, maxLength: 256, description: 'An id or a name.' }),
      event: TEXT,
      status: choice(DELIVERY_STATUSES),
      type: TYPE,
      ...RANGE,
      ...REDACT,
    },
    answers: {
      200: {
        description: 'One page of the list; as CSV, `Link` leads to the next one.',
        content: { 'application/json': pageOf(ref('Delivery')), 'text/csv': { type: 'string' } },
        headers: ['Link'],
      },
    },
  },
  'GET /v1/deliveries/{delivery}': {
    ...{ id: 'getDelivery', tag: 'Deliveries', scope: READ, summary: 'Read a delivery' },
    query: { ...ONE, ...REDACT },
    answers: { 200: answered('With its attempts.', 'DeliveryDetail') },
  },
  'POST /v1/deliveries/{delivery}/retry': {
    ...{ id: 'retryDelivery', tag: 'Deliveries', scope: WRITE, summary: 'Begin it anew' },
    query: ONE,
    body: optionalBody('Nothing'),
    answers: { 202: answered('Its schedule begins anew.', 'DeliveryDetail') },
    problems: ['invalid-state', 'conflict'],
  },
  'POST /v1/deliveries/{delivery}/cancel': {
    ...{ id: 'cancelDelivery', tag: 'Deliveries', scope: WRITE, summary: 'Give it up' },
    query: ONE,
    body: optionalBody('Nothing'),
    answers: { 200: answered('Cancelled.', 'DeliveryDetail') },
    problems: ['invalid-state', 'conflict'],
  },
};

const JOBS: Operations = {
  'GET /v1/jobs': {
    ...{ id: 'listJobs', tag: 'Jobs', scope: READ, summary: 'List jobs' },
    query: { ...LIST, status: choice(JOB_STATUSES), kind: choice(JOB_KINDS) },
    answers: { 200: listed('Job') },
  },
  'GET /v1/jobs/{job}': {
    ...{ id: 'getJob', tag: 'Jobs', scope: READ, summary: 'Read a job' },
    query: ONE,
    answers: { 200: answered('The job.', 'Job') },
  },
  'POST /v1/jobs/{job}/cancel': {
    ...{ id: 'cancelJob', tag: 'Jobs', scope: WRITE, summary: 'End a job after its page' },
    query: ONE,
    body: optionalBody('Nothing'),
    answers: { 200: answered('Cancelled.', 'Job') },
    problems: ['invalid-state', 'conflict'],
  },
  'GET /v1/stats': {
    ...{ id: 'stats', tag: 'Statistics', scope: READ, summary: 'Time series of all integrations' },
    query: SERIES_QUERY,
    answers: { 200: answered('Oldest first.', 'Stats') },
  },
};

export const HISTORY_OPERATIONS: Operations = { ...EVENTS, ...DELIVERIES, ...JOBS };
