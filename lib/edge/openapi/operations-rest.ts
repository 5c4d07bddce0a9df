import { BREAKER_STATES } from '../../domain/breaker.ts';
import {
  answered,
  body,
  DELETED,
  LIST,
  listed,
  ONE,
  type Operation,
  type Operations,
  optionalBody,
} from './operation.ts';
import { MERGE_PATCH } from './operations-integrations.ts';
import { choice, type Schemas, text } from './schema.ts';

const TARGET: Schemas = {
  target: text({
    minLength: 1,
    maxLength: 256,
    description: '`primary` (default) or `fallback:<n>`: which of its breakers.',
  }),
};

/** A breaker moved by hand. */
function order(id: string, summary: string, name: string): Operation {
  return {
    ...{ id, tag: 'Breakers', scope: 'breakers:write', summary },
    query: { ...ONE, ...TARGET },
    body: optionalBody(name),
    answers: { 200: answered('The new state.', 'Breaker') },
    problems: ['invalid-state', 'conflict'],
  };
}

const READ = 'integrations:read';

const BREAKERS: Operations = {
  'GET /v1/breakers': {
    ...{ id: 'listBreakers', tag: 'Breakers', scope: READ, summary: 'The troubled first' },
    query: { ...LIST, state: choice(BREAKER_STATES) },
    answers: { 200: listed('BreakerItem') },
  },
  'GET /v1/integrations/{integration}/breaker': {
    ...{ id: 'getBreaker', tag: 'Breakers', scope: READ, summary: 'Read a breaker' },
    query: { ...ONE, ...TARGET },
    answers: { 200: answered('The breaker.', 'Breaker') },
  },
  'GET /v1/integrations/{integration}/breaker/history': {
    ...{ id: 'breakerHistory', tag: 'Breakers', scope: READ, summary: 'What moved a breaker' },
    query: { ...LIST, ...TARGET },
    answers: { 200: listed('BreakerTransition') },
  },
  'POST /v1/integrations/{integration}/breaker/trip': order(
    'tripBreaker',
    'Open a breaker by hand',
    'BreakerTrip',
  ),
  'POST /v1/integrations/{integration}/breaker/reset': order(
    'resetBreaker',
    'Close a breaker by hand',
    'BreakerOrder',
  ),
  'POST /v1/integrations/{integration}/breaker/disable': order(
    'disableBreaker',
    'Let a breaker stop nothing',
    'BreakerDisabling',
  ),
  'POST /v1/integrations/{integration}/breaker/enable': order(
    'enableBreaker',
    'Let a breaker work again',
    'BreakerOrder',
  ),
};

const SOURCES: Operations = {
  'POST /v1/sources': {
    ...{ id: 'createSource', tag: 'Sources', scope: 'sources:write', summary: 'Create a source' },
    body: body('SourceInput'),
    answers: { 201: answered('With `secret` if it was made.', 'Source', 'Location') },
    problems: ['name-taken', 'limit-reached', 'conflict'],
  },
  'GET /v1/sources': {
    ...{ id: 'listSources', tag: 'Sources', scope: 'sources:read', summary: 'List sources' },
    query: LIST,
    answers: { 200: listed('Source') },
  },
  'GET /v1/sources/{source}': {
    ...{ id: 'getSource', tag: 'Sources', scope: 'sources:read', summary: 'Read a source' },
    query: ONE,
    answers: { 200: answered('The source.', 'Source') },
  },
  'PUT /v1/sources/{source}': {
    id: 'putSource',
    tag: 'Sources',
    scope: 'sources:write',
    summary: 'Create or replace by name',
    query: ONE,
    body: body('SourceInput'),
    answers: { 200: answered('Replaced.', 'Source'), 201: answered('Created.', 'Source') },
    problems: ['name-taken', 'limit-reached', 'conflict'],
  },
  'PATCH /v1/sources/{source}': {
    id: 'patchSource',
    tag: 'Sources',
    scope: 'sources:write',
    summary: 'Change a source (RFC 7396)',
    query: ONE,
    body: body('SourcePatch', MERGE_PATCH),
    answers: { 200: answered('Changed.', 'Source') },
    problems: ['name-taken', 'conflict'],
  },
  'DELETE /v1/sources/{source}': {
    ...{ id: 'deleteSource', tag: 'Sources', scope: 'sources:write', summary: 'Delete a source' },
    query: ONE,
    answers: { 204: DELETED },
    problems: ['conflict'],
  },
  'POST /v1/sources/{source}/secret/rotate': {
    id: 'rotateSourceSecret',
    tag: 'Sources',
    scope: 'sources:write',
    summary: 'Rotate the secret of a source',
    query: ONE,
    body: optionalBody('Rotation'),
    answers: { 200: answered('Both count until the grace ends.', 'SourceSecrets') },
    problems: ['invalid-state', 'limit-reached', 'conflict'],
  },
  'GET /v1/providers': {
    ...{ id: 'listProviders', tag: 'Sources', scope: 'sources:read', summary: 'The verifiers' },
    answers: { 200: listed('Provider') },
  },
};

const RECEIVING: Operations = {
  'ANY /in/{source}': {
    ...{ id: 'receive', tag: 'Sources', scope: null, summary: 'Where a provider sends webhooks' },
    body: { content: { '*/*': {} }, optional: true },
    answers: {
      202: answered('Accepted as an event.', 'Received'),
      '2XX': { description: "The source's own `response`.", content: { '*/*': {} } },
    },
    problems: ['invalid-signature', 'timestamp-out-of-tolerance', 'address-not-allowed'],
  },
};

/** The contract in one of its two forms; nobody needs a key to read it. */
function contract(id: string, summary: string, content: Operation['answers'][string]): Operation {
  return {
    ...{ id, tag: 'Deployment', scope: null, summary },
    answers: {
      200: { ...content, headers: ['ETag'] },
      304: { description: 'Unchanged since the `ETag` of `If-None-Match`.', headers: ['ETag'] },
    },
  };
}

const PAGE = { description: 'A page.', content: { 'text/html': { type: 'string' } } };

const DEPLOYMENT: Operations = {
  'GET /health/live': {
    ...{ id: 'live', tag: 'Deployment', scope: null, summary: 'Whether the code runs' },
    answers: { 200: answered('It does.', 'Liveness') },
  },
  'GET /health/ready': {
    ...{ id: 'ready', tag: 'Deployment', scope: null, summary: 'Whether all it needs answers' },
    answers: {
      200: answered('It does.', 'Readiness'),
      503: answered('Something does not.', 'Readiness', 'Retry-After'),
    },
  },
  'GET /openapi.json': contract('openapi', 'This document', {
    description: 'The document.',
    content: { 'application/json': { type: 'object' } },
  }),
  'GET /docs': contract('docs', 'This document, to be read', PAGE),
  'HEAD /docs': contract('docsHead', 'This document, to be read', { description: 'There it is.' }),
};

export const REST_OPERATIONS: Operations = {
  ...BREAKERS,
  ...SOURCES,
  ...RECEIVING,
  ...DEPLOYMENT,
};
