import { STATUS_OF } from '../../domain/errors.ts';
import { IDEMPOTENCY_KEY } from '../idempotency.ts';
import { BODY_SCHEMAS } from './bodies.ts';
import { EXAMPLES } from './examples.ts';
import {
  COUNT,
  choice,
  listOf,
  matching,
  object,
  type Schema,
  type Schemas,
  text,
} from './schema.ts';
import { AUDIT_SCHEMAS } from './schemas-audit.ts';
import { HISTORY_SCHEMAS } from './schemas-history.ts';
import { REGISTRY_SCHEMAS } from './schemas-registry.ts';
import { WATCH_SCHEMAS } from './schemas-watch.ts';

/** What operations refer to. */

const PROBLEM = object(
  {
    type: matching(/^urn:breakwater:problem:[a-z-]+$/),
    title: text(),
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: choice(Object.keys(STATUS_OF)),
    detail: text(),
    requestId: text(),
  },
  { errors: listOf(object({ path: text(), message: text() })) },
);

const SCHEMAS: Schemas = {
  Problem: PROBLEM,
  GatewayMessage: object({ message: nullableText() }),
  Received: object({ id: text() }),
  ...REGISTRY_SCHEMAS,
  ...HISTORY_SCHEMAS,
  ...WATCH_SCHEMAS,
  ...AUDIT_SCHEMAS,
  ...BODY_SCHEMAS,
};

function nullableText(): Schema {
  return { type: ['string', 'null'] };
}

const HEADERS: Readonly<Record<string, Schema>> = {
  'X-Request-Id': header('Names this request in the log; the same as `requestId` of a problem.'),
  'Idempotency-Replayed': header('`true`: the first answer to this `Idempotency-Key`, again.'),
  'Retry-After': header('Seconds after which to come back.', { type: 'integer', minimum: 0 }),
  'RateLimit-Limit': header(
    'Requests that the key may make at once; only where it has a `rateLimit`.',
    COUNT,
  ),
  'RateLimit-Remaining': header(
    'Those that are left to the key now; only where it has a `rateLimit`.',
    COUNT,
  ),
  'RateLimit-Reset': header(
    'Seconds until all are there again; only where the key has a `rateLimit`.',
    COUNT,
  ),
  'WWW-Authenticate': header('`Bearer`.'),
  Location: header('Where the new resource is.'),
  Link: header('RFC 8288: `rel="next"` leads to the next page.'),
  ETag: header('Changes with the document.'),
  Age: header('Seconds since an answer from the cache was given.', { type: 'integer' }),
  'X-Breakwater-Source': header('`primary`, `fallback:<n>`, `cache`, `static` or `queued`.'),
  'X-Breakwater-Attempts': header('Attempts that were made.', { type: 'integer', minimum: 0 }),
};

function header(description: string, schema: Schema = { type: 'string' }): Schema {
  return { description, schema };
}

const BEARER: Schema = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'bwk_…',
  description: 'An API key. The role that an operation names is the scope which the key needs.',
};

const SIGNED: Readonly<Record<string, Schema>> = {
  signedBy: inHeader('bw-key', 'The part of the key that names it, `bwk_` and ten characters.'),
  signedAt: inHeader('bw-timestamp', 'Seconds since 1970; within 300 s of now.'),
  signature: inHeader(
    'bw-signature',
    '`v1,` and an HMAC over method, path, query, `bw-timestamp`, `bw-nonce` and `Content-Digest`.',
  ),
};

function inHeader(name: string, description: string): Schema {
  return { type: 'apiKey', in: 'header', name, description };
}

export function components(): Schema {
  return {
    securitySchemes: { key: BEARER, ...SIGNED },
    schemas: Object.fromEntries(
      Object.entries(SCHEMAS).map(([name, schema]) => [name, { ...schema, ...exampleOf(name) }]),
    ),
    headers: HEADERS,
    parameters: {
      'Idempotency-Key': {
        name: 'Idempotency-Key',
        in: 'header',
        description:
          'Kept for 24 hours with a fingerprint of method, path, query and body: the first ' +
          'answer is given again, with `Idempotency-Replayed: true`.',
        schema: matching(IDEMPOTENCY_KEY),
      },
    },
  };
}

function exampleOf(name: string): Schema {
  return Object.hasOwn(EXAMPLES, name) ? { examples: [EXAMPLES[name]] } : {};
}
