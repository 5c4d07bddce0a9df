import {
  COUNT,
  choice,
  FLAG,
  INSTANT,
  idOf,
  listOf,
  matching,
  nullable,
  object,
  type Schema,
  type Schemas,
  text,
} from './schema.ts';

const HASH = matching(/^[0-9a-f]{64}$/);
const HEAD = object({ seq: COUNT, hash: HASH });
const STATE: Schema = { description: 'How it was, and is; secrets struck out.' };

const ACTOR: Schema = {
  oneOf: [
    object({ kind: choice(['key']), keyId: text(), name: text() }),
    object({ kind: choice(['system']), name: text() }),
    object({ kind: choice(['address']), address: text() }),
  ],
};

/** The audit log as it is answered. */
export const AUDIT_SCHEMAS: Schemas = {
  AuditEntry: object({
    id: idOf('aud'),
    seq: { type: 'integer', minimum: 1 },
    at: INSTANT,
    tenant: text(),
    actor: ACTOR,
    action: matching(/^[a-z-]+\.[a-z-]+$/),
    resource: object({ kind: text(), id: nullable(text()), name: nullable(text()) }),
    outcome: choice(['succeeded', 'failed', 'refused', 'interrupted']),
    requestId: nullable(text()),
    sourceIp: nullable(text()),
    before: STATE,
    after: STATE,
    prevHash: HASH,
    hash: { ...HASH, description: 'SHA-256 of the canonical JSON of everything else.' },
  }),
  AuditVerified: object({
    ok: FLAG,
    chains: listOf(
      object({
        tenant: text(),
        checked: COUNT,
        head: HEAD,
        problem: nullable(
          object({
            seq: COUNT,
            kind: choice([
              ...['edited', 'missing', 'moved', 'truncated', 'rewritten', 'unanchored'],
            ]),
            message: text(),
          }),
        ),
      }),
    ),
    nextCursor: nullable(text()),
  }),
};

const NONE = '0'.repeat(64);
const FIRST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** Examples of them. */
export const AUDIT_EXAMPLES = {
  AuditEntry: {
    id: 'aud_01kkpx3s4h8m2n6q9r5t7v1w3x',
    seq: 1,
    at: '2026-03-14T09:26:53.589Z',
    tenant: 'default',
    actor: { kind: 'key', keyId: 'key_01kkpx3s4h8m2n6q9r5t7v1w3x', name: 'billing' },
    action: 'integration.pause',
    resource: {
      kind: 'integration',
      id: 'int_01kkpx3s4h8m2n6q9r5t7v1w3x',
      name: 'billing-erp',
    },
    outcome: 'succeeded',
    requestId: '8d3c1f6e-52a0-4a7b-9a55-0d5c9b6a2f11',
    sourceIp: '192.0.2.7',
    before: { status: 'active' },
    after: { status: 'paused' },
    prevHash: NONE,
    hash: FIRST,
  },
  AuditVerified: {
    ok: true,
    chains: [{ tenant: 'default', checked: 1, head: { seq: 1, hash: FIRST }, problem: null }],
    nextCursor: null,
  },
};
