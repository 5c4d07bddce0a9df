import { SCOPES } from '../../domain/api-key.ts';
import { FALLBACK_TRIGGERS } from '../../domain/fallback.ts';
import { breakerSchema } from '../../domain/input/breaker-input.ts';
import { healthCheckSchema } from '../../domain/input/health-check-input.ts';
import { limitsSchema } from '../../domain/input/limits-input.ts';
import { requestSchema } from '../../domain/input/request-input.ts';
import { retrySchema } from '../../domain/input/retry-input.ts';
import { transformSchema } from '../../domain/input/transform-input.ts';
import { PROVIDER_IDS } from '../../domain/input/verification-input.ts';
import { ORDERINGS, SERVICE_TYPES } from '../../domain/integration.ts';
import { outputOf, withFields } from './derived.ts';
import {
  COUNT,
  choice,
  FLAG,
  INSTANT,
  idOf,
  listOf,
  mapOf,
  nullable,
  object,
  type Schema,
  type Schemas,
  SENT_HEADERS,
  text,
} from './schema.ts';

const HEADERS = mapOf(text());

/** Credentials as answers show them: no secret value is among them. */
const AUTH: Schema = {
  oneOf: [
    object({ type: choice(['none', 'bearer']) }),
    object({ type: choice(['basic']), username: text() }),
    object({ type: choice(['apiKey']), header: text() }),
    object(
      {
        type: choice(['oauth2ClientCredentials']),
        tokenUrl: text(),
        clientId: text(),
        clientAuthentication: choice(['basic', 'body']),
      },
      { scope: text(), audience: text(), resource: text() },
    ),
  ],
};

/** How a generic HMAC is made, and where its timestamp and id stand if they are signed too. */
const NAMED: Schemas = { timestampHeader: text(), idHeader: text() };
const SIGNED_WITH: Schemas = {
  header: text(),
  prefix: text(),
  algorithm: choice(['sha1', 'sha256', 'sha512']),
  encoding: choice(['hex', 'base64', 'base64url']),
  content: text(),
};

const SIGNING = object(
  {
    scheme: choice([
      ...['standard-webhooks', 'standard-webhooks-ed25519'],
      ...['github', 'stripe', 'hmac', 'none'],
    ]),
  },
  {
    hmac: object(SIGNED_WITH, NAMED),
    publicKey: text({ description: 'What receivers verify an Ed25519 signature with.' }),
    secret: text({ description: 'Only in the answer that made it or was given it.' }),
  },
);

const ON = listOf(choice(FALLBACK_TRIGGERS));

const LINK: Schema = {
  oneOf: [
    object(
      { type: choice(['url']), on: ON, url: text(), auth: AUTH, headers: SENT_HEADERS },
      { signing: SIGNING },
    ),
    object({ type: choice(['integration']), on: ON, integration: text() }),
    object({ type: choice(['queue']), on: ON }, { arn: text() }),
    object({ type: choice(['hold']), on: ON }),
    object({ type: choice(['cache']), on: ON, maxAgeSeconds: COUNT }),
    object({
      type: choice(['static']),
      on: ON,
      statusCode: { type: 'integer', minimum: 200, maximum: 599 },
      headers: HEADERS,
      body: text(),
    }),
  ],
};

const INTEGRATION = object({
  id: idOf('int'),
  name: text(),
  serviceType: choice(SERVICE_TYPES),
  endpoint: text(),
  description: text(),
  tenant: text(),
  metadata: mapOf(text()),
  eventTypes: listOf(text()),
  filter: nullable({ type: 'object', description: 'An EventBridge event pattern.' }),
  transform: nullable(outputOf(transformSchema)),
  request: withFields(outputOf(requestSchema), { headers: SENT_HEADERS }),
  auth: AUTH,
  signing: SIGNING,
  retry: outputOf(retrySchema),
  breaker: outputOf(breakerSchema),
  limits: nullable(outputOf(limitsSchema)),
  fallback: listOf(LINK),
  ordering: choice(ORDERINGS),
  orderingTimeoutSeconds: nullable(COUNT),
  healthCheck: nullable(outputOf(healthCheckSchema)),
  status: choice(['active', 'paused', 'disabled']),
  disabledReason: nullable(text()),
  createdAt: INSTANT,
  updatedAt: INSTANT,
});

const SOURCE = object(
  {
    id: idOf('src'),
    name: text(),
    provider: choice(PROVIDER_IDS),
    tenant: text(),
    description: text(),
    eventTypePrefix: text(),
    url: text({ description: 'Where the provider sends its webhooks.' }),
    verification: object({}, { ...SIGNED_WITH, ...NAMED, toleranceSeconds: COUNT }),
    allowCidrs: nullable(listOf(text({ description: 'From where webhooks may come.' }))),
    response: nullable(object({ statusCode: COUNT, body: text() })),
    createdAt: INSTANT,
    updatedAt: INSTANT,
  },
  { publicKey: text(), secret: text({ description: 'Only in the answer that made it.' }) },
);

const SECRET = nullable(text());
const SECRETS = object({
  current: SECRET,
  previous: listOf(
    object(
      { expiresAt: nullable(INSTANT) },
      { secret: text({ description: 'For who has `secrets:read`.' }) },
    ),
  ),
});

const KEY_FIELDS: Schemas = {
  id: idOf('key'),
  name: text(),
  prefix: text({ description: 'Tells keys apart; of no use to log in.' }),
  scopes: listOf(choice(SCOPES)),
  tenant: nullable(text()),
  allowCidrs: nullable(listOf(text())),
  denyCidrs: nullable(listOf(text())),
  rateLimit: nullable(object({ perSecond: { type: 'number' }, burst: COUNT })),
  canSign: { ...FLAG, description: 'Whether requests may be signed with it.' },
  rotatedFrom: nullable(idOf('key')),
  createdAt: INSTANT,
  expiresAt: nullable(INSTANT),
  lastUsedAt: nullable(INSTANT),
};

const PROVIDER = object({
  id: choice(PROVIDER_IDS),
  title: text(),
  headers: listOf(text()),
  needs: listOf(choice(['secret', 'secret|publicKey', 'template', 'header'])),
  toleranceSeconds: nullable(COUNT),
  deduplicatesBy: nullable(text()),
});

/** Integrations, sources and keys as they are answered. */
export const REGISTRY_SCHEMAS: Schemas = {
  Integration: INTEGRATION,
  IntegrationSecrets: withFields(SECRETS, {
    fallback: mapOf(SECRETS),
  }),
  Source: SOURCE,
  SourceSecrets: SECRETS,
  Provider: PROVIDER,
  Key: object(KEY_FIELDS),
  NewKey: object({ ...KEY_FIELDS, key: text({ description: 'Shown this once.' }) }),
  RotatedKey: object({
    ...KEY_FIELDS,
    key: text({ description: 'Shown this once.' }),
    previous: object(KEY_FIELDS),
  }),
  TestCall: object({
    ok: FLAG,
    statusCode: nullable(COUNT),
    latencyMs: { type: 'number', minimum: 0 },
    error: nullable(text()),
    request: object({ method: text(), url: text(), headers: HEADERS, body: text() }),
    response: object({ headers: HEADERS, body: text() }),
  }),
};
