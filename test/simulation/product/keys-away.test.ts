import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { HEALTHY } from '../destinations/behaviour.ts';
import type { Process } from '../kernel/process.ts';
import { simulate } from '../kernel/simulate.ts';
import { hearing, type Sent } from './commands.ts';
import type { ApiAnswer } from './gateway.ts';
import { deployed, type Product } from './product.ts';
import { TABLE_NAMES } from './settings.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOST = 'a.example.com';
const HEALTH_URL = `https://${HOST}/health?key=secret`;
const SOURCE_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const AUTH = { type: 'bearer', token: 'a-token-that-is-sealed' };

interface Told {
  readonly product: Product;
  /** Commands to KMS, and when they were sent; as the simulation's clock. */
  readonly asked: readonly (Sent & { readonly atMs: number })[];
  readonly request: (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;
  readonly receive: (id: string) => Promise<ApiAnswer>;
  readonly wait: (ms: number) => Promise<void>;
  /** Nobody can use the key any more, and every instance begins anew. */
  readonly away: () => void;
}

/** Tells a story on the product, with one integration, one service and one source. */
async function story(tell: (told: Told) => Promise<void>): Promise<void> {
  const asked: (Sent & { readonly atMs: number })[] = [];
  let isTold = false;
  let nowMs = () => 0;
  const run = () =>
    simulate({ seed: 1, forMs: 30 * MINUTE_MS }, (simulation) => {
      nowMs = simulation.nowMs;
      const product = deployed(simulation, { receivers: [{ host: HOST, phases: HEALTHY }] });
      const caller = simulation.spawn('caller');
      const work = async () => {
        const path = await registered(product, caller);
        const request: Told['request'] = (method, to, body) =>
          product.request(caller, { method, path: to, ...(body !== undefined && { body }) });
        await tell({
          ...{ product, asked, request },
          receive: (id) => product.request(caller, webhook(path, id, caller.clock.nowMs())),
          wait: (ms) => caller.clock.sleep(ms),
          away() {
            product.keys.outage = true;
            for (const fn of Object.values(product.functions)) fn.killAll('a new version');
          },
        });
        isTold = true;
      };
      caller.start(work, (outcome) => {
        if (outcome.kind === 'failed') simulation.fail(String(outcome.error));
      });
    });
  const isKms = ({ action }: Sent) => action.startsWith('kms:');
  const report = await hearing((sent) => {
    if (isKms(sent)) asked.push({ ...sent, atMs: nowMs() });
  }, run);
  expect(report.failure).toBeUndefined();
  expect(isTold).toBe(true);
}

/** Where the source takes its webhooks. */
async function registered(product: Product, caller: Process): Promise<string> {
  const put = async (path: string, body: object) => {
    const answer = await product.request(caller, { method: 'PUT', path: `/v1/${path}`, body });
    if (answer.status !== 201)
      throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer.json;
  };
  const at = { endpoint: `https://${HOST}/hooks`, auth: AUTH };
  const healthCheck = { method: 'GET', url: HEALTH_URL, intervalSeconds: 60 };
  await put('integrations/a', { ...at, name: 'a', serviceType: 'webhook', healthCheck });
  const service = { name: 'service', serviceType: 'rest_api', eventTypes: ['none.of.these'] };
  await put('integrations/service', { ...at, ...service });
  const verification = { provider: 'standard-webhooks', secret: SOURCE_SECRET };
  const { url } = await put('sources/partner', { name: 'partner', ...verification });
  return new URL(url).pathname;
}

function webhook(path: string, id: string, nowMs: number) {
  const timestamp = String(Math.floor(nowMs / SECOND_MS));
  const body = JSON.stringify({ type: 'order.paid', data: {} });
  const key = Buffer.from(SOURCE_SECRET.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  return { method: 'POST', path, body, headers: { ...signed, 'webhook-signature': `v1,${mac}` } };
}

const EVENT = { type: 'order.paid', data: {} };
const CALL = { method: 'GET', path: '/things' };
const count = ({ product }: Told, table: keyof typeof TABLE_NAMES) =>
  [...(product.db.model.tables.get(TABLE_NAMES[table])?.rows() ?? [])].length;
const requestsTo = ({ product }: Told, part: string) =>
  product.receivers.ledger.filter(({ url }) => url.includes(part));

it('accepts what is published while KMS is away, and delivers it after, in one attempt', () =>
  story(async (told) => {
    told.away();
    const { status, json } = await told.request('POST', '/v1/events', EVENT);
    expect(status).toBe(202);
    await told.wait(10 * MINUTE_MS);
    const path = `/v1/deliveries/${json.deliveries[0].id}`;
    expect(requestsTo(told, '/hooks')).toHaveLength(0);
    const waiting = (await told.request('GET', path)).json;
    expect([waiting.status, waiting.attempts]).toEqual(['queued', []]);
    told.product.keys.outage = false;
    // As long as a doorbell is hidden that was not answered.
    await told.wait(9 * MINUTE_MS);
    const delivered = (await told.request('GET', path)).json;
    expect([delivered.status, delivered.attempts.length]).toEqual(['delivered', 1]);
    expect(requestsTo(told, '/hooks')).toHaveLength(1);
    expect(told.product.deadLetters.delivery.all()).toEqual([]);
  }));

it('takes no webhook while KMS is away: 503, and nothing of it is stored', () =>
  story(async (told) => {
    told.away();
    const before = [count(told, 'history'), count(told, 'state')];
    const refused = await told.receive('msg-1');
    expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect([count(told, 'history'), count(told, 'state')]).toEqual(before);
    told.product.keys.outage = false;
    expect((await told.receive('msg-1')).status).toBeLessThan(300);
  }));

it('makes no call and no change while KMS is away: 503, and nothing is written', () =>
  story(async (told) => {
    const before = (await told.request('GET', '/v1/integrations/a')).json;
    told.away();
    const rows = count(told, 'registry');
    const body = { name: 'b', serviceType: 'webhook', endpoint: `https://${HOST}/b?key=secret` };
    for (const [method, path, given] of [
      ['POST', '/v1/integrations/service/call', CALL],
      ['PUT', '/v1/integrations/b', body],
      ['POST', '/v1/integrations', body],
      ['PATCH', '/v1/integrations/a', { auth: { ...AUTH, token: 'another-that-is-sealed' } }],
      ['PATCH', '/v1/sources/partner', { description: 'changed' }],
      ['POST', '/v1/integrations/a/secret/rotate', {}],
    ] as const) {
      const { status, json, headers } = await told.request(method, path, given);
      expect([method, path, status, json.code]).toEqual([method, path, 503, 'unavailable']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(count(told, 'registry')).toBe(rows);
    expect((await told.request('GET', '/v1/integrations/a')).json).toEqual(before);
    expect((await told.request('GET', '/v1/integrations/b')).status).toBe(404);
    expect(requestsTo(told, '/things')).toHaveLength(0);
    told.product.keys.outage = false;
    expect((await told.request('POST', '/v1/integrations/service/call', CALL)).status).toBe(200);
  }));

it('checks nobody while KMS is away, and again within a minute of its being there', () =>
  story(async (told) => {
    await told.wait(5 * MINUTE_MS);
    const made = requestsTo(told, HEALTH_URL).length;
    expect(made).toBeGreaterThan(2);
    told.away();
    await told.wait(10 * MINUTE_MS);
    expect(requestsTo(told, HEALTH_URL)).toHaveLength(made);
    const { json } = await told.request('GET', '/v1/integrations/a/breaker');
    expect(json.state).toBe('closed');
    told.product.keys.outage = false;
    await told.wait(2 * MINUTE_MS);
    expect(requestsTo(told, HEALTH_URL).length).toBeGreaterThan(made);
  }));

it('goes on for five minutes with the keys of data that it knows, and asks again then', () =>
  story(async (told) => {
    await told.wait(10 * SECOND_MS);
    for (let minute = 0; minute < 12; minute++) {
      await told.request('POST', '/v1/events', EVENT);
      await told.wait(MINUTE_MS);
    }
    const opened = told.asked.filter(({ from, action }) => `${from} ${action}` === DELIVERS);
    // Each instance asks for itself; one is enough for one event at a time.
    const gapsMs = opened.slice(1).map(({ atMs }, at) => atMs - (opened[at]?.atMs ?? 0));
    expect(gapsMs).toHaveLength(2);
    for (const gapMs of gapsMs) expect(gapMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    told.product.keys.outage = true;
    for (let minute = 0; minute < 8; minute++) {
      await told.request('POST', '/v1/events', EVENT);
      await told.wait(MINUTE_MS);
    }
    const knownMs = (opened.at(-1)?.atMs ?? 0) + 5 * MINUTE_MS;
    const late = requestsTo(told, '/hooks').filter(({ atMs }) => atMs > knownMs);
    expect(late).toEqual([]);
    const during = requestsTo(told, '/hooks').length - 12;
    expect(during).toBeGreaterThanOrEqual(1);
    expect(during).toBeLessThanOrEqual(5);
  }));

const DELIVERS = 'deliver kms:Decrypt';
