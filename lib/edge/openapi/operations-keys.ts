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
import { text } from './schema.ts';

const CHAIN = text({
  pattern: '^([A-Za-z0-9_.-]{1,64}|\\*)$',
  description: 'One chain; `*` is that of what belongs to no tenant.',
});

/** Who may do what, and who did it. */
export const KEY_OPERATIONS: Operations = {
  'POST /v1/keys': {
    ...{ id: 'createKey', tag: 'Keys', scope: 'keys:write', summary: 'Make a key' },
    body: body('KeyInput'),
    answers: { 201: answered('With `key`, this once.', 'NewKey') },
  },
  'GET /v1/keys': {
    ...{ id: 'listKeys', tag: 'Keys', scope: 'keys:write', summary: 'List keys' },
    query: LIST,
    answers: { 200: listed('Key') },
  },
  'DELETE /v1/keys/{key}': {
    ...{ id: 'deleteKey', tag: 'Keys', scope: 'keys:write', summary: 'Revoke a key' },
    query: ONE,
    answers: { 204: DELETED },
    // A key cannot delete itself.
    problems: ['conflict', 'invalid-state'],
  },
  'POST /v1/keys/{key}/rotate': {
    ...{ id: 'rotateKey', tag: 'Keys', scope: 'keys:write', summary: 'Make the next key' },
    query: ONE,
    body: optionalBody('KeyRotation'),
    answers: { 201: answered('Both work until the grace ends.', 'RotatedKey') },
    problems: ['invalid-state', 'conflict'],
  },
  'GET /v1/audit': {
    ...{ id: 'listAudit', tag: 'Audit', scope: 'audit:read', summary: 'Who changed what' },
    query: {
      ...LIST,
      tenant: CHAIN,
      actor: {
        ...TEXT,
        description: 'The id or the name of a key, the name of a function, or an address.',
      },
      action: { ...TEXT, description: '`kind.verb`, or the beginning of one and `*`.' },
      resource: { ...TEXT, description: 'A kind, an id or a name.' },
      ...RANGE,
    },
    answers: { 200: listed('AuditEntry') },
  },
  'GET /v1/audit/digests': {
    ...{ id: 'listDigests', tag: 'Audit', scope: 'audit:read' },
    summary: 'Where chains ended, signed',
    query: { ...LIST, tenant: CHAIN },
    answers: { 200: listed('AuditDigest') },
  },
  'GET /v1/audit/verify': {
    id: 'verifyAudit',
    tag: 'Audit',
    scope: 'audit:read',
    summary: 'Whether every entry is as it was written and signed',
    query: {
      tenant: CHAIN,
      head: text({
        pattern: '^(0|[1-9][0-9]{0,11}):[0-9a-f]{64}$',
        description: 'An end of that chain as it was noted elsewhere: `seq:hash`.',
      }),
      digest: text({
        pattern: '^(0|[1-9][0-9]{0,11}):[0-9a-f]{64}$',
        description: 'A digest as it was noted elsewhere: `number:hash`. Gaps before it are known.',
      }),
      cursor: text({ minLength: 1, description: '`nextCursor` of the answer before.' }),
    },
    answers: { 200: answered('Chain by chain, then the digests.', 'AuditVerified') },
  },
};
