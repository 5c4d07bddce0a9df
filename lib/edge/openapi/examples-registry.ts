import { BREAKER_DEFAULTS } from '../../domain/breaker.ts';
import { NEW_INTEGRATION } from './examples-bodies.ts';

/** Examples of integrations, sources and keys. */

const AT = '2026-03-14T09:26:53.589Z';
const LATER = '2026-03-14T09:27:23.589Z';
const INT = 'int_01kkpx3s4h8m2n6q9r5t7v1w3x';
const EVT = 'evt_01kkpx3s4h8m2n6q9r5t7v1w3y';
const ENDPOINT = 'https://erp.example.com/hooks';

const SECRETS = {
  current: 'whsec_…new',
  previous: [{ secret: 'whsec_…old', expiresAt: LATER }],
};
const KEY = {
  id: 'key_01kkpx3s4h8m2n6q9r5t7v1w3x',
  name: 'billing',
  prefix: 'bwk_0auzMGHBkS',
  scopes: ['events:publish'],
  tenant: null,
  allowCidrs: ['192.0.2.0/24'],
  denyCidrs: null,
  rateLimit: { perSecond: 50, burst: 100 },
  canSign: true,
  rotatedFrom: null,
  createdAt: AT,
  expiresAt: null,
  lastUsedAt: null,
};

export const REGISTRY_EXAMPLES = {
  Integration: {
    id: INT,
    ...NEW_INTEGRATION,
    description: '',
    tenant: 'default',
    metadata: { team: 'finance' },
    transform: null,
    request: {
      method: 'POST',
      contentType: 'application/json',
      headers: { 'X-Env': 'prod' },
      timeoutSeconds: 15,
    },
    auth: { type: 'none' },
    signing: { scheme: 'standard-webhooks' },
    retry: {
      maxAttempts: 4,
      schedule: [5, 300, 1_800],
      jitter: 0.2,
      retryOn: ['network', 'timeout', '429', '5xx'],
      honourRetryAfter: true,
      maxAgeSeconds: 864_000,
    },
    breaker: BREAKER_DEFAULTS,
    fallback: [{ type: 'hold', on: ['breaker-open'] }],
    ordering: 'none',
    orderingTimeoutSeconds: null,
    healthCheck: null,
    status: 'active',
    disabledReason: null,
    createdAt: AT,
    updatedAt: AT,
  },
  IntegrationSecrets: SECRETS,
  Source: {
    id: 'src_01kkpx3s4h8m2n6q9r5t7v1w3x',
    name: 'stripe',
    provider: 'stripe',
    tenant: 'default',
    description: '',
    eventTypePrefix: 'stripe',
    url: 'https://hooks.example.com/in/src_01kkpx3s4h8m2n6q9r5t7v1w3x',
    verification: { toleranceSeconds: 300 },
    allowCidrs: null,
    response: null,
    createdAt: AT,
    updatedAt: AT,
  },
  SourceSecrets: SECRETS,
  Provider: {
    id: 'stripe',
    title: 'Stripe',
    headers: ['stripe-signature'],
    needs: ['secret'],
    toleranceSeconds: 300,
    deduplicatesBy: 'id in the body',
  },
  Key: KEY,
  NewKey: { ...KEY, key: 'bwk_…' },
  RotatedKey: { ...KEY, rotatedFrom: KEY.id, key: 'bwk_…', previous: KEY },
  TestCall: {
    ok: true,
    statusCode: 200,
    latencyMs: 84,
    error: null,
    request: { method: 'POST', url: ENDPOINT, headers: { 'webhook-id': EVT }, body: '{}' },
    response: { headers: { 'content-type': 'text/plain' }, body: 'ok' },
  },
};
