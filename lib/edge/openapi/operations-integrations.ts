import { SERVICE_TYPES } from '../../domain/integration.ts';
import { BUCKET_DEFAULT, BUCKETS } from '../../domain/stats.ts';
import {
  answered,
  body,
  DELETED,
  LIST,
  listed,
  ONE,
  type Operations,
  optionalBody,
  RANGE,
  TEXT,
} from './operation.ts';
import { choice, type Schemas } from './schema.ts';

const tag = 'Integrations';
const [READ, WRITE] = ['integrations:read', 'integrations:write'] as const;
const CALL_HEADERS = ['X-Breakwater-Source', 'X-Breakwater-Attempts'];
export const MERGE_PATCH = 'application/merge-patch+json';

export const SERIES_QUERY: Schemas = {
  ...ONE,
  ...RANGE,
  bucket: choice(BUCKETS, { default: BUCKET_DEFAULT }),
};

const RECORD: Operations = {
  'POST /v1/integrations': {
    ...{ id: 'createIntegration', tag, scope: WRITE, summary: 'Create an integration' },
    body: body('IntegrationInput'),
    answers: { 201: answered('With `signing.secret` this once.', 'Integration', 'Location') },
    problems: ['name-taken', 'limit-reached', 'conflict'],
  },
  'GET /v1/integrations': {
    ...{ id: 'listIntegrations', tag, scope: READ, summary: 'List integrations' },
    query: {
      ...LIST,
      serviceType: choice(SERVICE_TYPES),
      status: choice(['active', 'paused', 'disabled']),
      q: { ...TEXT, description: 'A part of the name, the description or the host, in any case.' },
    },
    answers: { 200: listed('Integration') },
  },
  'GET /v1/integrations/{integration}': {
    ...{ id: 'getIntegration', tag, scope: READ, summary: 'Read an integration' },
    query: ONE,
    answers: { 200: answered('The integration.', 'Integration') },
  },
  'PUT /v1/integrations/{integration}': {
    ...{ id: 'putIntegration', tag, scope: WRITE, summary: 'Create or replace by name' },
    query: ONE,
    body: body('IntegrationReplacement'),
    answers: {
      200: answered('Replaced.', 'Integration'),
      201: answered('Created, with `signing.secret` this once.', 'Integration'),
    },
    problems: ['name-taken', 'limit-reached', 'conflict'],
  },
  'PATCH /v1/integrations/{integration}': {
    ...{ id: 'patchIntegration', tag, scope: WRITE, summary: 'Change an integration (RFC 7396)' },
    query: ONE,
    body: body('IntegrationPatch', MERGE_PATCH),
    answers: { 200: answered('Changed.', 'Integration') },
    problems: ['name-taken', 'conflict'],
  },
  'DELETE /v1/integrations/{integration}': {
    ...{ id: 'deleteIntegration', tag, scope: WRITE, summary: 'Delete an integration' },
    query: ONE,
    answers: { 204: DELETED },
    problems: ['conflict'],
  },
};

const ACTIONS: Operations = {
  'POST /v1/integrations/{integration}/pause': {
    ...{ id: 'pauseIntegration', tag, scope: WRITE, summary: 'Hold all deliveries' },
    query: ONE,
    body: optionalBody('Nothing'),
    answers: { 200: answered('Paused.', 'Integration') },
    problems: ['invalid-state', 'conflict'],
  },
  'POST /v1/integrations/{integration}/resume': {
    ...{ id: 'resumeIntegration', tag, scope: WRITE, summary: 'Let deliveries go again' },
    query: ONE,
    body: optionalBody('Nothing'),
    answers: { 200: answered('Resumed.', 'Integration') },
    problems: ['conflict'],
  },
  'POST /v1/integrations/{integration}/test': {
    ...{ id: 'testIntegration', tag, scope: WRITE, summary: 'Make one real signed call now' },
    query: ONE,
    body: optionalBody('TestCallInput'),
    answers: { 200: answered('What came of it.', 'TestCall') },
  },
  'POST /v1/integrations/{integration}/call': {
    id: 'callService',
    tag,
    scope: 'integrations:call',
    summary: 'Call the service through retry, breaker and fallback',
    query: ONE,
    body: body('CallInput'),
    answers: {
      202: answered('A fallback took it as an event.', 'Published', ...CALL_HEADERS),
      default: {
        description: "The service's own status, headers and body, or a fallback's.",
        content: { '*/*': {} },
        headers: [...CALL_HEADERS, 'Age'],
      },
    },
    problems: [
      ...(['address-not-allowed', 'invalid-state', 'upstream-unreachable'] as const),
      ...(['answer-too-large', 'upstream-timeout', 'breaker-open', 'integration-paused'] as const),
    ],
  },
  'GET /v1/integrations/{integration}/secret': {
    ...{ id: 'readSecrets', tag, scope: 'secrets:read', summary: 'Read signing secrets' },
    query: ONE,
    answers: { 200: answered('Every live secret.', 'IntegrationSecrets') },
    problems: ['invalid-state'],
  },
  'POST /v1/integrations/{integration}/secret/rotate': {
    ...{ id: 'rotateSecret', tag, scope: WRITE, summary: 'Rotate the signing secret' },
    query: ONE,
    body: optionalBody('Rotation'),
    answers: { 200: answered('Both sign until the grace ends.', 'IntegrationSecrets') },
    problems: ['invalid-state', 'limit-reached', 'conflict'],
  },
  'POST /v1/integrations/{integration}/recover': {
    id: 'recover',
    tag,
    scope: 'deliveries:write',
    summary: 'Send again what did not arrive',
    query: ONE,
    body: optionalBody('Recovery'),
    answers: { 202: answered('A job does it.', 'Job', 'Location') },
    problems: ['limit-reached', 'conflict'],
  },
};

const WATCHED: Operations = {
  'GET /v1/integrations/{integration}/health': {
    ...{ id: 'integrationHealth', tag, scope: READ, summary: 'How an integration is' },
    query: ONE,
    answers: { 200: answered('Its health, with reasons.', 'IntegrationHealth') },
  },
  'GET /v1/integrations/{integration}/stats': {
    ...{ id: 'integrationStats', tag, scope: READ, summary: 'Time series of an integration' },
    query: SERIES_QUERY,
    answers: { 200: answered('Oldest first.', 'IntegrationStats') },
  },
};

export const INTEGRATION_OPERATIONS: Operations = { ...RECORD, ...ACTIONS, ...WATCHED };
