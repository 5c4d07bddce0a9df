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
  AuditDigest: object({
    number: { type: 'integer', minimum: 1 },
    at: INSTANT,
    prevHash: HASH,
    heads: listOf(object({ tenant: text(), seq: COUNT, hash: HASH })),
    key: nullable(text()),
    signature: nullable(
      text({
        description:
          'ECDSA on P-256 over the SHA-256 of the canonical JSON of everything else, DER in ' +
          'base64; null for a key of one tenant, which sees a part.',
      }),
    ),
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
              ...['edited', 'missing', 'moved', 'truncated', 'rewritten', 'unanchored', 'unsigned'],
            ]),
            message: text(),
          }),
        ),
      }),
    ),
    digests: object({
      checked: COUNT,
      head: object({ number: COUNT, hash: HASH }),
      gaps: listOf(object({ number: COUNT, from: INSTANT, to: INSTANT })),
      problem: nullable(
        object({
          number: COUNT,
          kind: choice(['edited', 'missing', 'unsigned', 'truncated', 'rewritten']),
          message: text(),
        }),
      ),
    }),
    nextCursor: nullable(text()),
  }),
};

const NONE = '0'.repeat(64);
const FIRST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const SIGNED = '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752';

/** Examples of them. */
export const AUDIT_EXAMPLES = {
  AuditDigest: {
    number: 1,
    at: '2026-03-14T09:30:00.000Z',
    prevHash: NONE,
    heads: [{ tenant: 'default', seq: 1, hash: FIRST }],
    key: 'arn:aws:kms:eu-central-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    signature: 'MEUCIQDcexample',
  },
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
    digests: { checked: 1, head: { number: 1, hash: SIGNED }, gaps: [], problem: null },
    nextCursor: null,
  },
};
