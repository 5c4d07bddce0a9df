import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  expectProblem,
  expectStatus,
  publish,
  register,
  type Stop,
  settled,
  type Tour,
  verify,
} from './steps.ts';

const GITHUB_SECRET = 'a-secret-of-the-drill-only';
/** How long a function goes on with an integration as it was. */
const SETTINGS_LAG_MS = 2_500;
/** More than fit inline, so that the fan-out function has to ring for them. */
const WIDE = 51;
/** Long enough to purge the queues before the doorbell rings. */
const LATER_MS = 5_000;

/** What a deployment must be able to do, in order. */
export const TOUR: Readonly<Record<string, Stop>> = {
  'health: alive and ready': async ({ api }) => {
    expectStatus(await api('GET /health/live'), 200);
    expectStatus(await api('GET /health/ready'), 200);
  },
  'no key, a bad key, an unknown path: problem+json': async ({ api }) => {
    expectProblem(await api('GET /v1/integrations'), 401);
    expectProblem(await api('GET /v1/integrations', { key: 'bwk_nonsense' }), 401);
    expectProblem(await api('GET /nowhere'), 404);
  },
  'register, publish, delivered and verified': async (tour) => {
    const secret = await register(tour, 'drill-plain', ['drill.plain']);
    const event = await publish(tour, 'drill.plain', { amount: 42 });
    const [arrival] = await tour.receiver.arrivals('/drill-plain', 1);
    verify(arrival, secret, event);
    await settled(tour, event, 'delivered', 1);
  },
  'failed twice, then delivered: same id, same bytes': async (tour) => {
    tour.receiver.answer('/drill-retry', 500, 503);
    const secret = await register(tour, 'drill-retry', ['drill.retry'], {
      retry: { maxAttempts: 3, schedule: [1, 1], jitter: 0 },
    });
    const event = await publish(tour, 'drill.retry', { amount: 43 });
    const arrivals = await tour.receiver.arrivals('/drill-retry', 3);
    for (const arrival of arrivals) verify(arrival, secret, event);
    assert.equal(new Set(arrivals.map(({ body }) => body)).size, 1);
    await settled(tour, event, 'delivered', 3);
  },
  'a webhook of GitHub accepted, delivered and verified': async (tour) => {
    const { api, key, receiver } = tour;
    const secret = await register(tour, 'drill-foreign', ['gh.*']);
    const made = await api('POST /v1/sources', {
      key,
      body: { name: 'drill', provider: 'github', secret: GITHUB_SECRET, eventTypePrefix: 'gh' },
    });
    expectStatus(made, 201);
    const path = new URL(made.json.url).pathname;
    const body = JSON.stringify({ zen: 'Keep it logically awesome.' });
    const headers = (signature: string) => ({
      'x-github-event': 'ping',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': `sha256=${signature}`,
    });
    const signature = createHmac('sha256', GITHUB_SECRET).update(body).digest('hex');
    expectProblem(await api(`POST ${path}`, { headers: headers('0'.repeat(64)), body }), 401);
    expectStatus(await api(`POST ${path}`, { headers: headers(signature), body }), 202);
    const [arrival] = await receiver.arrivals('/drill-foreign', 1);
    verify(arrival, secret, arrival?.headers['webhook-id'] ?? '');
    assert.deepEqual(JSON.parse(arrival?.body ?? '').data, JSON.parse(body));
  },
  'a 410 disables the integration': async (tour) => {
    const { api, key, receiver } = tour;
    receiver.answer('/drill-gone', 410);
    await register(tour, 'drill-gone', ['drill.gone']);
    const event = await publish(tour, 'drill.gone', {});
    await receiver.arrivals('/drill-gone', 1);
    await settled(tour, event, 'held', 1);
    const gone = await api('GET /v1/integrations/drill-gone', { key });
    assert.equal(gone.json.status, 'disabled');
  },
  [`one event to ${WIDE} integrations, by the fan-out function`]: async (tour) => {
    for (let n = 0; n < WIDE; n++) await register(tour, `drill-wide-${n}`, ['drill.wide']);
    await publish(tour, 'drill.wide', {});
    const paths = Array.from({ length: WIDE }, (_, n) => `/drill-wide-${n}`);
    await Promise.all(paths.map((path) => tour.receiver.arrivals(path, 1)));
  },
  'held while paused, delivered after the resume': async (tour) => {
    const { api, key, receiver } = tour;
    const secret = await register(tour, 'drill-paused', ['drill.paused']);
    expectStatus(await api('POST /v1/integrations/drill-paused/pause', { key }), 200);
    const event = await publish(tour, 'drill.paused', {});
    await settled(tour, event, 'held', 0);
    expectStatus(await api('POST /v1/integrations/drill-paused/resume', { key }), 200);
    const [arrival] = await receiver.arrivals('/drill-paused', 1);
    verify(arrival, secret, event);
  },
  'an outage: opened, held, probed, and drained': async (tour) => {
    const { api, key, receiver } = tour;
    receiver.answer('/drill-outage', 500, 500);
    await register(tour, 'drill-outage', ['drill.outage'], {
      retry: { maxAttempts: 5, schedule: [1, 1, 1, 1], jitter: 0 },
      breaker: { consecutiveFailures: 2, openSeconds: 3, halfOpenCalls: 1 },
    });
    const events: string[] = [];
    for (let n = 0; n < 4; n++) events.push(await publish(tour, 'drill.outage', { n }));
    await receiver.arrivals('/drill-outage', 2 + events.length);
    for (const event of events) await settled(tour, event, 'delivered');
    const path = '/v1/integrations/drill-outage';
    const { json } = await api(`GET ${path}/breaker/history`, { key });
    const moves = json.data.map(({ to }: { readonly to: string }) => to).reverse();
    assert.deepEqual(moves.slice(0, 3), ['open', 'half-open', 'closed']);
  },
  'what failed for good, recovered by a job': async (tour) => {
    const { api, key, receiver } = tour;
    receiver.answer('/drill-recover', 500);
    const since = new Date(Date.now() - LATER_MS).toISOString();
    await register(tour, 'drill-recover', ['drill.recover'], { retry: { maxAttempts: 1 } });
    const event = await publish(tour, 'drill.recover', {});
    await settled(tour, event, 'failed', 1);
    const path = '/v1/integrations/drill-recover';
    const job = await api(`POST ${path}/recover`, { key, body: { since } });
    expectStatus(job, 202);
    await settled(tour, event, 'delivered', 2);
    const done = await api(`GET /v1/jobs/${job.json.id}`, { key });
    assert.deepEqual(done.json.progress, { done: 1, total: 1 });
  },
  'a call: answered, answered from the cache, and queued': async (tour) => {
    const { api, key, receiver } = tour;
    await register(tour, 'drill-call', ['drill.call'], {
      serviceType: 'rest_api',
      retry: { schedule: [1, 1, 1], jitter: 0 },
      fallback: [{ type: 'cache', maxAgeSeconds: 60 }, { type: 'queue' }],
    });
    const call = (body: object) => api('POST /v1/integrations/drill-call/call', { key, body });
    const get = { method: 'GET', path: '/items' };
    expectStatus(await call(get), 200);
    receiver.answer('/drill-call/items', 500, 500, 500);
    expectStatus(await call(get), 200);
    // Nothing listens there: the service surely did nothing.
    const endpoint = 'http://127.0.0.1:1025/';
    const patched = await api('PATCH /v1/integrations/drill-call', { key, body: { endpoint } });
    expectStatus(patched, 200);
    await sleep(SETTINGS_LAG_MS);
    const queued = await call({ method: 'POST', path: '/orders', body: { n: 1 } });
    expectStatus(queued, 202);
    const body = { endpoint: `${receiver.url}/drill-call` };
    expectStatus(await api('PATCH /v1/integrations/drill-call', { key, body }), 200);
    await receiver.arrivals('/drill-call/orders', 1);
    await settled(tour, queued.json.id, 'delivered');
  },
  'every queue purged: the tick rings again': async (tour) => {
    const secret = await register(tour, 'drill-purged', ['drill.purged']);
    const deliverAt = new Date(Date.now() + LATER_MS).toISOString();
    const event = await publish(tour, 'drill.purged', {}, { deliverAt });
    await tour.purgeQueues();
    const [arrival] = await tour.receiver.arrivals('/drill-purged', 1);
    verify(arrival, secret, event);
  },
  'the control plane, with the rights of its own role': controlPlane,
  'the audit log: every entry in its chain, and signed': async ({ api, key }) => {
    const { json } = await api('GET /v1/audit/verify', { key });
    assert.equal(json.ok, true, JSON.stringify(json));
    // The tick has run since the first change.
    assert.ok(json.digests.checked > 0, JSON.stringify(json.digests));
    expectStatus(await api('GET /v1/audit', { key }), 200);
    expectStatus(await api('GET /v1/audit/digests', { key }), 200);
  },
};

/** Every kind of request that the API makes to its tables, queues and secrets. */
async function controlPlane(tour: Tour): Promise<void> {
  const { api, key } = tour;
  await register(tour, 'drill-control', ['drill.control']);
  const event = await publish(tour, 'drill.control', {});
  await settled(tour, event, 'delivered', 1);
  const path = '/v1/integrations/drill-control';
  const calls: readonly (readonly [string, number, unknown?])[] = [
    ['GET /v1/integrations', 200],
    ['GET /v1/sources', 200],
    ['GET /v1/keys', 200],
    ['GET /v1/events', 200],
    ['GET /v1/deliveries', 200],
    ['GET /v1/deliveries?status=held', 200],
    ['GET /v1/deliveries?integration=drill-control', 200],
    [`GET /v1/events/${event}`, 200],
    [`POST /v1/events/${event}/replay`, 202, {}],
    [`GET ${path}/secret`, 200],
    [`POST ${path}/secret/rotate`, 200, {}],
    [`POST ${path}/test`, 200, {}],
    [`GET ${path}/health`, 200],
    [`GET ${path}/stats`, 200],
    ['GET /v1/stats', 200],
    [`GET ${path}/breaker`, 200],
    [`POST ${path}/breaker/trip`, 200, { reason: 'a drill' }],
    ['GET /v1/breakers?state=forced-open', 200],
    [`POST ${path}/breaker/disable`, 200, {}],
    [`POST ${path}/breaker/enable`, 200, {}],
    [`POST ${path}/breaker/reset`, 200, {}],
    [`GET ${path}/breaker/history`, 200],
    ['GET /v1/jobs', 200],
    [`PATCH ${path}`, 200, { name: 'drill-renamed' }],
    ['DELETE /v1/integrations/drill-renamed', 204],
  ];
  for (const [route, status, body] of calls) {
    const answer = await api(route, { key, ...(body === undefined ? {} : { body }) });
    assert.equal(answer.status, status, `${route}: ${answer.status} ${answer.text}`);
  }
  const made = await api('POST /v1/keys', { key, body: { name: 'drill', scopes: ['admin'] } });
  expectStatus(made, 201);
  expectStatus(await api(`DELETE /v1/keys/${made.json.id}`, { key }), 204);
}
