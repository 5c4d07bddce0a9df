import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Destination, startDestination } from '../fakes/destination.ts';
import { leaksIn, spellingsOf } from './canaries.ts';
import * as flows from './canary-flows.ts';
import { crowd, leaveWaiting, letDie, poison, sourceOf } from './canary-letters.ts';
import { type Call, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { messagesOf, rowsOf } from './places.ts';

const { SECRETS, CONTENTS, NAMES } = flows;
const ALL = { ...SECRETS, ...CONTENTS };
/** The network and AWS fail now and then, so that what is said of it is looked at too. */
const RATES = {
  ...{ 'dynamodb-throttle': 0.03, 'dynamodb-lost-before': 0.01, 'dynamodb-lost-after': 0.02 },
  ...{ 'sqs-throttled': 0.05, 'sqs-partial': 0.05, 'kill-after': 0.004 },
};
const SENT_MS_MAX = 300_000;
/** What is sent as it is, so that not finding it elsewhere means something. */
const SENT = [
  ...(['bearer', 'basic', 'apiKey', 'query', 'header', 'callerToken'] as const),
  ...(['clientSecret', 'badClientSecret', 'tokenQuery', 'accessToken'] as const),
  ...(['linkBearer', 'linkQuery', 'linkHeader', 'healthQuery'] as const),
];
const NO_FAULTS = { seed: 0, rates: {} };
/** Our own fault: whoever hears a doorbell gets nothing from any table. */
const BROKEN = { seed: 0, rates: { 'dynamodb-throttle': 1 }, only: ['deliver', 'fanOut'] } as const;

let gateway: Gateway;
let destination: Destination;
/** Everything that was answered but where the contract shows what it was given. */
const answers: string[] = [];
/** What was in the queues while nobody listened, and while everybody failed. */
let waiting: ReturnType<typeof messagesOf> = {};
let dying: ReturnType<typeof messagesOf> = {};

beforeAll(async () => {
  destination = await startDestination({ script: flows.echo });
  gateway = await startGateway({ isFaulty: true, faults: { seed: 7, rates: RATES } });
  const call: Call = async (method, path, asked) => {
    const answer = await gateway.call(method, path, asked);
    const isCalls = path.endsWith('/call') && answer.headers.has('x-breakwater-source');
    if (!isCalls && !path.endsWith('/secret/rotate'))
      answers.push(`${method} ${path} ${JSON.stringify([...answer.headers])}\n${answer.text}`);
    return answer;
  };
  const walk = { gateway, destination, call: patient(call) };
  await flows.register({ ...walk, gateway: { ...gateway, register: registering() } });
  for (const go of [flows.send, flows.receive, flows.misuse, poison]) await go(walk);
  const wasSent = async () => {
    await gateway.run.tick();
    return destination.requests.length >= 2 * NAMES.length && sent().length === SENT.length;
  };
  await until('all that is to be sent', wasSent, SENT_MS_MAX);
  await gateway.restart({ pollersMax: 0, faults: NO_FAULTS });
  await crowd(walk);
  await leaveWaiting(walk);
  waiting = messagesOf(gateway.run);
  await gateway.restart({ faults: BROKEN });
  await letDie(walk);
  dying = messagesOf(gateway.run);
  await look(walk.call);
}, 600_000);

afterAll(async () => {
  await destination.close();
  await gateway.stop();
});

/** All that came to the other side, as texts. */
const seen = (): readonly string[] =>
  destination.requests.map(({ path, headers, body }) =>
    JSON.stringify([path, headers, body.toString()]),
  );

/** Which of what is to be sent was. */
const sent = () => SENT.filter((name) => leaksIn(seen(), { [name]: SECRETS[name] }).length === 1);

/** Asks again while something is out of order on purpose. */
const patient =
  (call: Call): Call =>
  async (method, path, asked) => {
    for (let tries = 1; ; tries++) {
      const answer = await call(method, path, asked);
      if (answer.status < 500 || path.endsWith('/call') || tries === 10) return answer;
    }
  };

/** The answer of a creation shows signing secrets, as its contract says: it is not kept. */
const registering = (): Gateway['register'] => {
  const make = patient(gateway.call);
  return async (fields) => {
    const body = { serviceType: 'webhook', ...fields };
    const answer = await make('PUT', `/v1/integrations/${fields.name}`, { body });
    if (answer.status < 300) return answer.json;
    throw new Error(`${fields.name}: ${answer.status} ${answer.text}\n${gateway.log.slice(-5)}`);
  };
};

async function look(call: Call): Promise<void> {
  const lists = ['deliveries', 'integrations', 'sources', 'keys', 'jobs', 'breakers', 'stats'];
  for (const path of [...lists, 'audit', 'events?limit=100']) await call('GET', `/v1/${path}`);
  for (const name of NAMES) {
    for (const path of ['', '/health', '/stats', '/breaker', '/breaker/history']) {
      await call('GET', `/v1/integrations/${name}${path}`);
    }
  }
  const { json } = await gateway.call('GET', '/v1/deliveries?limit=250');
  for (const { id } of json.data) await call('GET', `/v1/deliveries/${id}`);
}

/** No secret of these is in one of the texts; says how much was looked at. */
function expectNone(where: string, texts: readonly string[], secrets: Record<string, string>) {
  expect(texts.length).toBeGreaterThan(0);
  expect(leaksIn(texts, secrets)).toEqual([]);
  const spellings = Object.values(secrets).flatMap(spellingsOf).length;
  const counts = `${Object.keys(secrets).length} canaries in ${spellings} spellings`;
  process.stdout.write(`canaries: ${counts}, ${texts.length} ${where}: 0 found\n`);
}

/** `12 Delivery, 3 Work` */
function shown(queues: Partial<Record<string, readonly string[]>>): string {
  const counts = Object.entries(queues).map(([name, texts = []]) => `${texts.length} ${name}`);
  return counts.filter((count) => !count.startsWith('0 ')).join(', ');
}

describe('what was planted', () => {
  it('has arrived where it belongs, or nothing is shown', () => {
    expect(sent()).toEqual(SENT);
    expect(leaksIn(seen(), { payload: CONTENTS.payload })).toHaveLength(1);
  });

  it('is in no line of any log, and in no figure', async () => {
    const own = { adminKey: gateway.run.apiKey.slice(14, 46) };
    expect(gateway.log.join('\n')).toContain('message.unreadable');
    expect(gateway.log.join('\n')).toContain('inbound.rejected');
    expectNone('log lines', gateway.log, { ...ALL, ...own });
    expectNone('lines of figures', gateway.figures, { ...ALL, ...own });
  });

  it('is in no answer, and in no record of an attempt', () => {
    // What a caller said is told to it again: what it filters by, whom it asks for.
    const { cookie } = CONTENTS;
    // Echoes are among them, with what was echoed struck out.
    expect(answers.join('\n')).toContain('Bearer ***');
    expectNone('answers', answers, { ...SECRETS, cookie });
  });

  it('is in no message, waiting or dead', () => {
    const { DeadLettersDelivery = [], DeadLettersBackground = [] } = dying;
    const dead = [...DeadLettersDelivery, ...DeadLettersBackground];
    const queues = [waiting, dying, gateway.messages];
    const all = queues.flatMap((messages) => Object.values(messages).flat());
    process.stdout.write(`canaries: waiting: ${shown(waiting)}; dying: ${shown(dying)}\n`);
    process.stdout.write(`canaries: dead ones: ${shown(Object.groupBy(dead, sourceOf))}\n`);
    expect(Object.values(waiting).flat().length).toBeGreaterThanOrEqual(30);
    // Of what waits to be drained nothing is rung for as long as nobody works.
    const full = Object.keys(waiting).filter((name) => waiting[name]?.length !== 0);
    expect(full.toSorted()).toEqual(
      ['Delivery', 'FanOut', 'Slow', 'Work'].map((n) => `Queues${n}`),
    );
    expect(dead.length).toBeGreaterThanOrEqual(10);
    // Doorbells bring small events along; those of steps and of many targets are ids alone.
    const { payload, orderingKey, poison: _, ...contents } = CONTENTS;
    expect(leaksIn(DeadLettersDelivery, { payload, orderingKey })).toHaveLength(2);
    expectNone('messages', all, { ...SECRETS, ...contents });
    const { QueuesWork = [], QueuesFanOut = [] } = waiting;
    const ids = [...QueuesWork, ...QueuesFanOut, ...DeadLettersBackground];
    expectNone('messages of ids alone', ids, { payload, orderingKey });
  });

  it('is in no row of a table but its own', async () => {
    const rows = await rowsOf(gateway.run);
    expect(Object.keys(rows).sort()).toEqual(
      expect.arrayContaining(['history', 'registry', 'state']),
    );
    for (const [table, texts] of Object.entries(rows)) {
      expectNone(`rows of ${table}`, texts, SECRETS);
      if (table !== 'history' && texts.length > 0) {
        const { idempotencyKey: _, ...contents } = CONTENTS;
        expectNone(`rows of ${table}`, texts, contents);
      }
    }
  });
});
