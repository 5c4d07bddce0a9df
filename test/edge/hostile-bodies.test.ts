import { describe, expect, it } from 'vitest';
import { httpWorld } from './http-world.ts';

/** What no field is meant to be, each as JSON writes it. */
const ODD: readonly string[] = [
  // Longer than a double holds: kept as it was written, and of a kind of its own.
  ...['88142775422445438780833792', '0.1000000000000000055511151231257827', '1e300'],
  ...['null', 'true', '-1', '1.5', '""', '"\\u0000"', '"\\ud800"', '[]', '{}', '[[]]'],
  ...['[88142775422445438780833792]', '{"a":88142775422445438780833792}', '{"":null}'],
];
const LINK = { headers: { 'x-a': 'b' }, body: 'b' };
const INTEGRATION = {
  name: 'full',
  serviceType: 'rest_api',
  endpoint: 'https://erp.example.com/in?a=b',
  description: 'd',
  metadata: { a: 'b' },
  eventTypes: ['a.*'],
  filter: { data: { amount: [{ numeric: ['>', 1] }] } },
  transform: { expression: '{id: id}' },
  auth: { type: 'basic', username: 'u', password: 'p' },
  signing: { scheme: 'hmac', secret: 'a-long-secret-of-hmac', hmac: { header: 'x-mac' } },
  request: { method: 'PUT', headers: { 'x-a': 'b' }, timeoutSeconds: 5 },
  retry: { schedule: [1, 2], maxAttempts: 3, retryOn: ['5xx'] },
  breaker: { minimumCalls: 3, failureRateThreshold: 0.5 },
  limits: { perSecond: 5, concurrency: 2 },
  healthCheck: { url: 'https://erp.example.com/health', intervalSeconds: 60 },
  fallback: [
    { type: 'url', url: 'https://two.example.com/', headers: LINK.headers },
    { type: 'static', on: ['exhausted'], statusCode: 200, ...LINK },
  ],
};
const RATE = { perSecond: 1, burst: 2 };
const KEY = { name: 'k', scopes: ['admin'], allowCidrs: ['192.0.2.0/24'], rateLimit: RATE };
const CALL = {
  method: 'PUT',
  path: '/x',
  query: { q: ['b'] },
  headers: { a: 'b' },
  body: { a: 1 },
};
const EVENT = { type: 'a', id: 'e', data: { a: 1 }, metadata: { a: 'b' }, orderingKey: 'k' };
const CLOUD = { specversion: '1.0', id: 'c', source: '/s', type: 'a', extension: 'x', data: {} };
const SOURCE = {
  name: 'hooks',
  provider: 'hmac',
  secret: 'a-long-secret',
  verification: { header: 'x-mac', toleranceSeconds: 60 },
  allowCidrs: ['192.0.2.0/24'],
  response: { statusCode: 200, body: 'ok' },
};
const IN_JSON = 'application/json';

interface Case {
  readonly asked: string;
  readonly body: object;
  readonly type?: string;
}
const RECOVERY = { since: '2026-01-14T00:00:00Z', status: 'failed' };
const CASES: readonly Case[] = [
  { asked: 'POST /v1/integrations', body: INTEGRATION },
  {
    asked: 'PATCH /v1/integrations/erp',
    body: { request: INTEGRATION.request, metadata: { a: 'b' } },
  },
  { asked: 'POST /v1/integrations/erp/call', body: CALL },
  { asked: 'POST /v1/integrations/erp/test', body: { type: 'a', data: {} } },
  { asked: 'POST /v1/integrations/erp/recover', body: RECOVERY },
  { asked: 'POST /v1/integrations/erp/breaker/trip', body: { reason: 'x', forSeconds: 5 } },
  { asked: 'POST /v1/integrations/erp/secret/rotate', body: { graceSeconds: 1 } },
  { asked: 'POST /v1/sources', body: SOURCE },
  { asked: 'POST /v1/keys', body: KEY },
  { asked: 'POST /v1/events', body: EVENT },
  { asked: 'POST /v1/events', body: CLOUD, type: 'application/cloudevents+json' },
  { asked: 'POST /v1/events/batch', body: [EVENT, EVENT] },
];

/** The text with each value in it, however deep, replaced by the odd one, one at a time. */
function spoiled(value: unknown, odd: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [odd];
  const entries = Object.entries(value);
  const whole = (at: number, text: string) =>
    entries.map(([name, one], i) => {
      const written = i === at ? text : JSON.stringify(one);
      return Array.isArray(value) ? written : `${JSON.stringify(name)}:${written}`;
    });
  const inside = entries.flatMap(([, one], at) =>
    spoiled(one, odd).map((text) =>
      Array.isArray(value) ? `[${whole(at, text)}]` : `{${whole(at, text)}}`,
    ),
  );
  return [odd, ...inside];
}

describe('a body with something odd in the place of any of its values', () => {
  it.each(CASES)('$asked never breaks anything', async ({ asked, body, type = IN_JSON }) => {
    const [method = '', path = ''] = asked.split(' ');
    const raws = ODD.flatMap((odd) => spoiled(body, odd));
    const ask = async (raw: string) => {
      const { call } = httpWorld();
      if (path.includes('/erp')) {
        await call('POST', '/v1/integrations', { body: { ...INTEGRATION, name: 'erp' } });
      }
      return call(method, path, { raw, headers: { 'content-type': type } });
    };
    // As it is, it is fine: so what is odd is what is judged.
    const { status: fine, json } = await ask(JSON.stringify(body));
    expect([fine < 300, json?.errors]).toEqual([true, undefined]);
    const broken: string[] = [];
    let refused = 0;
    for (const raw of raws) {
      const { status } = await ask(raw);
      if (status >= 500) broken.push(`${status}: ${raw}`);
      if (status >= 400) refused += 1;
    }
    expect(broken).toEqual([]);
    expect(refused).toBeGreaterThan(0);
  });
});
