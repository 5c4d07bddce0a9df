import { createHmac } from 'node:crypto';
import { type Behaviour, HEALTHY, outages } from '../destinations/behaviour.ts';
import { anyOf, troubled } from '../flows/flow.ts';
import { randomFaults } from '../kernel/faults.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import type { ApiAnswer } from '../product/gateway.ts';
import { deployed, type Product } from '../product/product.ts';
import { untilHeard } from '../scenario/asking.ts';

/** Goes everywhere once: what callers seldom do, and what only many integrations bring about. */

const MINUTE_MS = 60_000;
const FOR_MS = 90 * MINUTE_MS;
/** More than are rung for one by one. */
const MANY = 52;
/** Grows no smaller when it is packed, and so takes rows of its own. */
const LARGE = Array.from({ length: 9_600 }, (_, n) =>
  createHmac('sha256', 'large').update(`${n}`).digest('base64'),
).join('');
/** Of others' breakers too. */
const EVERYTHING = ['all.*', 'breakwater.breaker.*'];
const SECRET = `whsec_${Buffer.from('a source of the tour signs with this').toString('base64')}`;
const QUICK = { minimumCalls: 2, consecutiveFailures: 2, openSeconds: 30, maxOpenSeconds: 60 };

const SLOW: Behaviour = { kind: 'slow', fromMs: 9_000, toMs: 12_000 };
/** What the network may do to requests; nobody is killed. */
const RATES = {
  ...{ 'dynamodb-lost-after': 0.12, 'dynamodb-throttle': 0.03 },
  ...{ 'sqs-lost-after': 0.05, 'sqs-lost': 0.05, 'lambda-cold': 0.2 },
};

/** Whoever keeps a call for later does not hear, every other time, that it is kept. */
const unheard = () =>
  troubled({
    ...{ kind: 'dynamodb-lost-after', places: /^call\/\d+ dynamodb\.PutItem$/ },
    times: (n) => n % 2 === 0,
  });

export function tour(seed: number): Promise<Report> {
  const faults = anyOf(randomFaults(seed, RATES), unheard());
  return simulate({ seed, faults, forMs: FOR_MS }, (simulation) => {
    const product = deployed(simulation, {
      receivers: [
        { host: 'many.example.com', phases: HEALTHY },
        { host: 'a.example.com', phases: outages([[0, 30 * MINUTE_MS]]) },
        { host: 'service.example.com', phases: outages([[6 * MINUTE_MS, 8 * MINUTE_MS]]) },
        { host: 'slow.example.com', phases: [{ fromMs: 0, does: SLOW }] },
        { host: 'gone.example.com', phases: [{ fromMs: 0, does: { kind: 'gone' } }] },
      ],
    });
    const caller = simulation.spawn('caller');
    const ask: Ask = async (method, path, body, headers = {}) => {
      const request = { method, path, headers, ...(body !== undefined && { body }) };
      const answer = await untilHeard(product, caller, request);
      if (answer === undefined) throw new Error(`Nobody answers ${method} ${path}.`);
      return answer;
    };
    const guide = { simulation, product, ask, wait: caller.clock.sleep };
    caller.start(
      async () => {
        for (const stop of STOPS) await stop(guide);
      },
      (outcome) => {
        if (outcome.kind === 'failed') simulation.fail(`the tour: ${outcome.error}`);
      },
    );
  });
}

type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<ApiAnswer>;

interface Guide {
  readonly simulation: Simulation;
  readonly product: Product;
  readonly ask: Ask;
  readonly wait: (ms: number) => Promise<void>;
}

const STOPS: readonly ((guide: Guide) => Promise<void>)[] = [
  settle,
  publish,
  receive,
  call,
  operate,
  look,
  settleAccounts,
];

const put = ({ ask }: Guide, name: string, fields: object) =>
  ask('PUT', `/v1/integrations/${name}`, { name, serviceType: 'webhook', ...fields });

async function settle(guide: Guide): Promise<void> {
  for (let n = 0; n < MANY; n++) {
    const endpoint = 'https://many.example.com/hooks';
    await put(guide, `many-${n}`, { endpoint, eventTypes: EVERYTHING });
  }
  const retry = { maxAttempts: 4, schedule: [5, 30, 60], jitter: 0 };
  const a = { endpoint: 'https://a.example.com/hooks', retry, breaker: QUICK };
  await put(guide, 'a', {
    ...a,
    eventTypes: ['order.*'],
    limits: { perSecond: 2, concurrency: 1 },
  });
  await put(guide, 'slow', {
    ...{
      endpoint: 'https://slow.example.com/hooks',
      retry,
      eventTypes: ['order.*', 'one.*', 'all.*'],
    },
  });
  await put(guide, 'in-line', { ...a, eventTypes: ['line.*'], ordering: 'fifo' });
  await put(guide, 'gone', {
    ...{ endpoint: 'https://gone.example.com/', eventTypes: ['gone.*'], retry },
  });
  await put(guide, 'checked', {
    ...{ endpoint: 'https://a.example.com/', eventTypes: ['checked.*'], breaker: QUICK },
    healthCheck: { url: 'https://a.example.com/health', intervalSeconds: 60 },
  });
  await put(guide, 'service', {
    ...{ serviceType: 'rest_api', endpoint: 'https://service.example.com/' },
    breaker: { ...QUICK, halfOpenCalls: 3 },
    limits: { perSecond: 50, concurrency: 5 },
    fallback: [
      { type: 'cache', on: ['breaker-open', 'exhausted'], maxAgeSeconds: 3_600 },
      { type: 'queue', on: ['breaker-open', 'exhausted'] },
    ],
  });
}

async function publish({ ask, wait }: Guide): Promise<void> {
  const keyed = { 'idempotency-key': 'tour' };
  for (const _ of ['first', 'again']) {
    await ask('POST', '/v1/events', { id: 'own', type: 'all.large', data: { text: LARGE } }, keyed);
    await ask('POST', '/v1/events', { id: 'own', type: 'all.large', data: { text: LARGE } });
  }
  for (let n = 0; n < 8; n++) {
    await ask('POST', '/v1/events', { id: `o${n}`, type: 'order.paid', data: { n } });
    const orderingKey = 'one';
    await ask('POST', '/v1/events', { id: `l${n}`, type: 'line.paid', data: { n }, orderingKey });
    await wait(3_000);
  }
  await ask('POST', '/v1/events', { type: 'gone.now', data: {} });
  await wait(2 * MINUTE_MS);
  // By now something is known of how these stand.
  await ask('POST', '/v1/events', { type: 'all.late', data: {} });
  const orderingKey = 'one';
  await ask('POST', '/v1/events', { type: 'line.large', data: { text: LARGE }, orderingKey });
  await ask('POST', '/v1/events', { id: 'late', type: 'order.paid', data: { text: LARGE } });
}

/** Twice in the same words, as providers do; for many, and for one of which something is known. */
async function receive(guide: Guide): Promise<void> {
  const { ask } = guide;
  await ask('PATCH', '/v1/integrations/a', { eventTypes: ['order.*', 'one.*'] });
  for (const prefix of ['all', 'one']) {
    const made = await ask('PUT', `/v1/sources/${prefix}`, {
      ...{ name: prefix, provider: 'standard-webhooks', secret: SECRET, eventTypePrefix: prefix },
    });
    const { pathname } = new URL(made.json.url);
    for (const text of ['small', LARGE, LARGE]) {
      const body = JSON.stringify({ type: 'received', data: { text } });
      await ask('POST', pathname, body, signed(guide, `msg_${text.length}`, body));
    }
  }
}

function signed({ simulation }: Guide, id: string, body: string): Record<string, string> {
  const at = Math.floor(simulation.nowMs() / 1_000);
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': `${at}`, 'webhook-signature': `v1,${digest}` };
}

async function call({ ask, wait, simulation }: Guide): Promise<void> {
  const path = '/v1/integrations/service/call';
  const untilMs = simulation.startMs + 24 * MINUTE_MS;
  let n = 0;
  while (simulation.nowMs() < untilMs) {
    n += 1;
    const key = n % 4 === 0 ? {} : { 'idempotency-key': `call-${n}` };
    const text = n % 8 === 1 ? LARGE : 'small';
    await ask('POST', path, { method: 'PUT', path: `/things/${n}`, body: { n, text } }, key);
    await ask('POST', path, { method: 'GET', path: '/kept' });
    await wait(30_000);
  }
}

async function operate({ ask, wait, simulation }: Guide): Promise<void> {
  const since = new Date(simulation.startMs).toISOString();
  for (const name of ['a', 'in-line', 'service']) {
    const at = `/v1/integrations/${name}`;
    await ask('POST', `${at}/breaker/trip`, { reason: 'a tour' });
    await ask('POST', '/v1/events', { type: 'order.held', data: {} });
    await wait(MINUTE_MS);
    for (const path of ['breaker/reset', 'breaker/disable', 'breaker/enable', 'pause', 'resume']) {
      await ask('POST', `${at}/${path}`);
    }
    const job = await ask('POST', `${at}/recover`, { since });
    await ask('POST', `/v1/jobs/${job.json.id}/cancel`);
    await ask('POST', `${at}/recover`, { since });
    await ask('POST', `${at}/test`, {});
    await ask('POST', `${at}/secret/rotate`, {});
    await wait(MINUTE_MS);
  }
  await ask('POST', '/v1/events/own/replay', { integrations: ['slow'] });
  const jobs = await ask('GET', '/v1/jobs');
  for (const { id } of jobs.json.data) {
    await ask('GET', `/v1/jobs/${id}`);
    await ask('POST', `/v1/jobs/${id}/cancel`);
  }
}

async function look({ ask, simulation }: Guide): Promise<void> {
  const lists = ['events', 'deliveries', 'deliveries?status=failed', 'deliveries?status=held'];
  const more = ['integrations', 'sources', 'keys', 'jobs', 'breakers', 'stats', 'providers'];
  for (const path of [...lists, ...more]) await ask('GET', `/v1/${path}`);
  await ask('GET', '/v1/deliveries?integration=a');
  for (const path of ['', '/health', '/stats', '/secret', '/breaker', '/breaker/history']) {
    await ask('GET', `/v1/integrations/a${path}`);
  }
  const { json } = await ask('GET', '/v1/events/o0/deliveries');
  const [delivery] = json.data;
  for (const path of ['', '/retry', '/cancel']) {
    await ask(path === '' ? 'GET' : 'POST', `/v1/deliveries/${delivery?.id}${path}`);
  }
  await ask('GET', '/v1/events/own');
  await ask('GET', '/v1/integrations/checked/health');
  const last = new Date(simulation.startMs).toISOString();
  for (const query of ['', `?since=${last}`, '?tenant=default', '/verify']) {
    await ask('GET', `/v1/audit${query}`);
  }
  for (const path of ['live', 'ready']) await ask('GET', `/health/${path}`);
}

async function settleAccounts({ ask, wait }: Guide): Promise<void> {
  const headers = { 'idempotency-key': 'key' };
  const made = await ask('POST', '/v1/keys', { name: 'one', scopes: ['admin'] }, headers);
  if (made.status !== 201) throw new Error(`keys: ${made.status} ${JSON.stringify(made.json)}`);
  await ask('POST', `/v1/keys/${made.json.id}/rotate`, {});
  await ask('DELETE', `/v1/keys/${made.json.id}`);
  await ask('POST', '/v1/sources/one/secret/rotate', {});
  await ask('DELETE', '/v1/sources/one');
  await ask('POST', '/v1/integrations/a/pause');
  await ask('POST', '/v1/events', { id: 'left', type: 'order.left', data: {} });
  await wait(MINUTE_MS);
  await ask('DELETE', '/v1/integrations/a');
  await ask('DELETE', '/v1/integrations/in-line');
}
