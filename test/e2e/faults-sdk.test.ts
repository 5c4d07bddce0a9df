import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAssembly } from '../../lib/local/assembly.ts';
import { FAULT_MESSAGE } from '../../lib/local/faults/messages.ts';
import { FAULT_KINDS, type FaultPlan } from '../../lib/local/faults/plan.ts';
import { readStack } from '../../lib/local/stack.ts';
import { readTemplate } from '../../lib/local/template.ts';
import { sharedAssembly } from './assembly.ts';
import { type Answer, type Asked, type Json, until } from './client.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** Of this seed each kind comes up among the requests that are made for certain. */
const PLAN: FaultPlan = {
  seed: 1,
  rates: {
    ...{ 'dynamodb-throttle': 0.02, 'dynamodb-lost-before': 0.01 },
    ...{ 'dynamodb-lost-after': 0.02, 'dynamodb-slow': 0.01 },
    ...{ 'sqs-throttled': 0.04, 'sqs-lost-before': 0.04, 'sqs-lost-after': 0.04 },
    ...{ 'sqs-slow': 0.02, 'sqs-partial': 0.06 },
    ...{ 'secrets-down': 0.3, 'kill-before': 0.002, 'kill-after': 0.002 },
  },
};
const EVENTS = 100;
const INTEGRATIONS = ['billing', 'crm', 'ledger'];
const DELIVERIES = EVENTS * INTEGRATIONS.length;
const PUBLISHERS = 24;
const TRY_AGAIN_MS = 250;
/** A request that died keeps its idempotency key for half a minute. */
const TRIES_MAX = 160;
/** Until an event is this old, what has become of its doorbells is nobody's business. */
const SETTLED_MS = 51_000;
const TICK_EVERY_MS = 2_000;
const RECORDED_MS = 120_000;
/** Deliveries of one batch are attempted side by side. */
const BATCH = 10;
/** Of the tables' client. */
const SDK_TRIES = 3;

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startGateway({ faults: PLAN, isFaulty: true });
  receiver = await startReceiver();
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

/** As a caller does that knows of outages: in the same words again, until it is answered. */
async function insist(method: string, path: string, asked: Asked): Promise<Answer> {
  let last = '';
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await gateway.call(method, path, asked);
    if (answer.status < 500 && answer.status !== 409) return answer;
    last = answer.text;
    await sleep(TRY_AGAIN_MS);
  }
  throw new Error(`${method} ${path} was not answered in ${TRIES_MAX} tries; the last: ${last}`);
}

interface Injected {
  readonly fault: string;
  readonly at: string;
  readonly messages?: number;
}

function injected(): readonly Injected[] {
  return gateway.log
    .filter((line) => line.includes(`"${FAULT_MESSAGE}"`))
    .map((line) => JSON.parse(line) as Injected);
}

/**
 * The most that may arrive twice, being done and not heard of: whatever a worker had in hand when
 * it died, what a doorbell that was taken unheard and sent again rings for, and a delivery whose
 * end could not be written, which takes as many faults as the SDK makes tries.
 */
function repetitionsMax(): number {
  const sum = (weights: readonly number[]) => weights.reduce((all, weight) => all + weight, 0);
  const faults = injected();
  const inDeliver = faults.filter(({ at }) => at.startsWith('deliver '));
  const deaths = inDeliver.filter(({ fault }) => fault.startsWith('kill-'));
  const twice = faults.filter(({ fault }) => /^sqs-(lost-after|slow)$/.test(fault));
  const unwritten = inDeliver.filter(
    ({ fault, at }) => fault.startsWith('dynamodb-') && /dynamodb\.(Put|Update)Item/.test(at),
  );
  return (
    deaths.length * BATCH +
    sum(twice.map(({ messages = 1 }) => messages)) +
    Math.floor(unwritten.length / SDK_TRIES)
  );
}

const eventIds = Array.from({ length: EVENTS }, (_, n) => `order-${n}`);

/** Everybody insists until each event is accepted. */
async function publishAll(): Promise<void> {
  const left = eventIds.values();
  const publisher = async () => {
    for (const id of left) {
      const body = { id, type: 'order.paid', data: { id } };
      const { status, json } = await insist('POST', '/v1/events', { body });
      // 200: an earlier try was accepted, and its answer lost.
      expect([200, 202]).toContain(status);
      expect(json.deliveries).toHaveLength(INTEGRATIONS.length);
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publisher));
}

const ledger = () =>
  Map.groupBy(receiver.arrivals, ({ path, headers }) => `${path} ${headers['webhook-id']}`);

const expectedArrivals = () =>
  INTEGRATIONS.flatMap((name) => eventIds.map((id) => `/${name} ${id}`)).toSorted();

async function everyDeliveryIsDone(): Promise<boolean> {
  await gateway.run.tick();
  const done = await allPages(gateway.call, '/v1/deliveries?status=delivered&limit=250');
  if (done.length === DELIVERIES) return true;
  await sleep(TICK_EVERY_MS);
  return false;
}

it('with twelve kinds of faults at once all that was accepted arrives, genuine', async () => {
  const secrets = new Map<string, string>();
  for (const name of INTEGRATIONS) {
    const body = { name, serviceType: 'webhook', endpoint: `${receiver.url}/${name}` };
    const headers = { 'idempotency-key': name };
    const { status, json } = await insist('POST', '/v1/integrations', { body, headers });
    expect([status, json.name]).toEqual([201, name]);
    secrets.set(name, json.signing.secret);
  }
  const startedMs = Date.now();
  await publishAll();
  // Of the tick too something may fail; what it leaves undone the next one does.
  await gateway.run.tick();
  gateway.run.faults.end();
  const counts = gateway.run.faults.counts();
  const arrived = ledger().size;

  await sleep(Math.max(0, startedMs + SETTLED_MS - Date.now()));
  await until('all to be recorded', everyDeliveryIsDone, RECORDED_MS);
  expect([...ledger().keys()].toSorted()).toEqual(expectedArrivals());
  for (const { path, headers, body } of receiver.arrivals) {
    const secret = secrets.get(path.slice(1)) ?? '';
    const { type } = new Webhook(secret).verify(body.toString('utf8'), headers) as Json;
    expect(type).toBe('order.paid');
  }
  const repeated = receiver.arrivals.length - ledger().size;
  expect(repeated).toBeLessThanOrEqual(repetitionsMax());
  expect(Object.keys(counts)).toEqual([...FAULT_KINDS].toSorted());
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(injected().length);
  process.stdout.write(
    `${injected().length} faults of ${FAULT_KINDS.length} kinds: ${arrived} of ${DELIVERIES} ` +
      `arrived under them, the rest by the tick; ${repeated} repeated of ${repetitionsMax()} ` +
      `that may be; ` +
      `${((Date.now() - startedMs) / 1_000).toFixed(0)} s\n${JSON.stringify(counts)}\n`,
  );
}, 240_000);

it('what deploys knows nothing of faults', async () => {
  const assembly = await readAssembly(await sharedAssembly());
  const addresses = { apiUrl: 'http://127.0.0.1', sqsUrl: 'http://127.0.0.1' };
  const template = readTemplate(assembly.template);
  const stack = readStack(template, assembly.place, addresses, assembly.codeFolder);
  for (const { file, environment } of stack.functions) {
    const code = await readFile(file, 'utf8');
    expect(code).not.toMatch(
      new RegExp(`${FAULT_KINDS.join('|')}|${FAULT_MESSAGE}|BREAKWATER_FAULTS`),
    );
    expect(JSON.stringify(environment)).not.toMatch(/fault/i);
  }
});
