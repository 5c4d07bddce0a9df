import type { ApiKey } from '../../lib/domain/api-key.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import type { Attempt, Delivery } from '../../lib/domain/delivery.ts';
import type { EventRecord } from '../../lib/domain/event.ts';
import { fingerprint, ulid } from '../../lib/domain/ids.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import type { Source } from '../../lib/domain/source.ts';

export const T0 = Date.parse('2027-03-01T12:00:00.000Z');

/** A ULID of its own for each number, in the order of the numbers. */
export function ulidOf(n: number): string {
  return ulid(T0 + n, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 255]));
}

export function integration(n: number, change: Partial<Integration> = {}): Integration {
  return {
    id: `int_${ulidOf(n)}`,
    tenant: 'default',
    name: `billing-${n}`,
    serviceType: 'webhook',
    endpoint: 'https://erp.example.com/hooks',
    description: '',
    metadata: { team: 'finance' },
    eventTypes: ['invoice.*'],
    request: REQUEST_DEFAULTS,
    auth: { type: 'none' },
    signing: { scheme: 'standard-webhooks', secrets: [{ secret: 'whsec_c2VjcmV0' }] },
    retry: RETRY_DEFAULTS,
    breaker: BREAKER_DEFAULTS,
    limits: {},
    fallback: [],
    ordering: 'none',
    status: 'active',
    disabledReason: null,
    createdAtMs: T0 + n,
    updatedAtMs: T0 + n,
    version: 1,
    ...change,
  };
}

export function source(n: number, change: Partial<Source> = {}): Source {
  return {
    id: `src_${ulidOf(n)}`,
    tenant: 'default',
    name: `github-${n}`,
    description: '',
    verification: {
      provider: 'github',
      secrets: [{ secret: 'It is a secret to everybody' }],
      toleranceSeconds: 300,
    },
    eventTypePrefix: 'github',
    createdAtMs: T0 + n,
    updatedAtMs: T0 + n,
    version: 1,
    ...change,
  };
}

export function apiKey(n: number, change: Partial<ApiKey> = {}): ApiKey {
  return {
    id: `key_${ulidOf(n)}`,
    lookup: `lookup${String(n).padStart(4, '0')}`,
    hash: fingerprint(String(n)),
    name: `key ${n}`,
    scopes: ['events:publish', 'events:read'],
    createdAtMs: T0 + n,
    ...change,
  };
}

/** `{"type","timestamp","data"}` of exactly `bytes` bytes that hardly compress. */
export function bodyOf(bytes: number): string {
  const frame = '{"type":"invoice.paid","timestamp":"2027-03-01T12:00:00.000Z","data":{"x":""}}';
  let noise = '';
  while (noise.length < bytes - frame.length) noise += fingerprint(String(noise.length));
  return frame.replace('""', `"${noise.slice(0, bytes - frame.length)}"`);
}

export function event(n: number, change: Partial<EventRecord> = {}): EventRecord {
  const body = change.body ?? bodyOf(200);
  return {
    tenant: 'default',
    id: `evt_${ulidOf(n)}`,
    type: 'invoice.paid',
    timestamp: new Date(T0 + n).toISOString(),
    acceptedAtMs: T0 + n,
    body,
    targets: [integration(1).id],
    fingerprint: fingerprint(body),
    ...change,
  };
}

export function attempt(number: number, change: Partial<Attempt> = {}): Attempt {
  return {
    id: `att_${ulidOf(number)}`,
    number,
    startedAtMs: T0 + number,
    latencyMs: 87,
    target: 'https://erp.example.com/hooks',
    outcome: 'success',
    error: null,
    statusCode: 200,
    responseHeaders: { 'content-type': 'application/json', server: 'nginx' },
    responseBody: '{"ok":true}',
    retryAfterSeconds: null,
    ...change,
  };
}

export function delivery(n: number, change: Partial<Delivery> = {}): Delivery {
  return {
    tenant: 'default',
    eventId: `evt_${ulidOf(n)}`,
    integrationId: integration(1).id,
    type: 'invoice.paid',
    acceptedAtMs: T0 + n,
    state: { status: 'delivered', via: 'primary', completedAtMs: T0 + n + 100 },
    attempts: [attempt(1)],
    scheduleBase: 0,
    scheduleStartMs: T0 + n,
    rings: 0,
    version: 0,
    ...change,
  };
}
