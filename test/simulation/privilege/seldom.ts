import { createHmac } from 'node:crypto';
import { INLINE_TARGETS_MAX } from '../../../lib/domain/event.ts';
import { type CrashStory, type EndCheck, played } from '../crash/crash-story.ts';
import { ended, noted, stored } from '../crash/ends.ts';
import { downFor, MINUTE_MS, REDIRECTS } from '../crash/phases.ts';
import { hostOf, type Stage } from '../crash/stage.ts';
import { HEALTHY } from '../destinations/behaviour.ts';
import { requests, requestsTo } from '../flows/ends.ts';
import { type Flow, flow, troubled } from '../flows/flow.ts';
import type { Fault, Faults } from '../kernel/faults.ts';
import { KILL_BEFORE } from '../kernel/process.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** What hardly ever comes about, each told by itself: a grant that nothing else here would use. */

const A = '/v1/integrations/a';
/** Takes rows of its own, for it grows no smaller when it is packed. */
const LARGE = Array.from({ length: 9_600 }, (_, n) =>
  createHmac('sha256', 'seldom').update(`${n}`).digest('base64'),
).join('');
const CALL = { method: 'PUT', path: '/things/1' };
/** Opens at the third failure in a row, asks for three good ones. */
const BREAKER = {
  ...{ minimumCalls: 3, consecutiveFailures: 3, openSeconds: 30, maxOpenSeconds: 60 },
  halfOpenCalls: 3,
};

const CALLS_MAX = 100;
/** More than are rung for one by one. */
const MANY = Array.from({ length: INLINE_TARGETS_MAX + 1 }, (_, n) => `many-${n}`);

const service = (stage: Stage, more: object) =>
  stage.register('a', { serviceType: 'rest_api', endpoint: `https://${hostOf('a')}/`, ...more });

/** So many deliveries have come to their end. */
const over = (stage: Stage, count: number) => {
  const { changes, pending } = stage.watch;
  return stage.until('all is over', () => changes.size === count && pending.size === 0);
};

/** A row of a table, where there is one that is looked for. */
function isThere(stage: Stage | undefined, table: string, isIt: (row: string) => boolean): boolean {
  const rows = stage?.product.db.model.tables.get(table)?.rows() ?? [];
  return [...rows].some((row) => isIt(JSON.stringify(row)));
}

/** No row of this partition of the state is left. */
const without =
  (partition: string): EndCheck =>
  ({ stage }) =>
    isThere(stage, TABLE_NAMES.state, (row) => row.includes(`"${partition}"`))
      ? `${partition} has rows`
      : undefined;

/** Kills whoever is at work there, once, as soon as it is so. */
function killedWhen(places: RegExp, isSo: () => boolean): Faults {
  const happened: Fault[] = [];
  return {
    happened,
    ask(place, kinds) {
      const isMeant = happened.length === 0 && places.test(place) && kinds.includes(KILL_BEFORE);
      if (!isMeant || !isSo()) return undefined;
      const kill = { at: place, kind: KILL_BEFORE, amount: 0 };
      happened.push(kill);
      return kill;
    },
  };
}

/** A story in which one dies at the moment that it names. */
function dying(
  told: Omit<CrashStory, 'kills'>,
  places: RegExp,
  isSo: (stage: Stage | undefined) => boolean,
): Flow {
  const run = () => {
    let stage: Stage | undefined;
    const faults = killedWhen(places, () => isSo(stage));
    const onStage = (made: Stage) => {
      stage = made;
    };
    const wanted: CrashStory['checks'] = [
      () => (faults.happened.length === 1 ? undefined : 'nobody died'),
    ];
    return played({ ...told, kills: [], checks: [...told.checks, ...wanted] }, faults, { onStage });
  };
  return { name: told.name, run };
}

export const seldomFlows: readonly Flow[] = [
  flow('what the API has answered under a key it answers again', {
    hosts: {},
    before: async () => {},
    async act(stage) {
      const asked = { body: { name: 'k', scopes: ['events:read'] }, key: 'key' };
      const first = await stage.get([201], 'POST', '/v1/keys', asked);
      const again = await stage.get([201], 'POST', '/v1/keys', asked);
      stage.noted.set('same', first.json.key === again.json.key);
    },
    checks: [noted('same', (same) => same === true)],
  }),
  flow('what is sent again by hand has its old place in line', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a', { ordering: 'fifo' }),
    async act(stage) {
      await stage.publish({ id: 'one', orderingKey: 'k' });
      await over(stage, 1);
      const { json } = await stage.get([200], 'GET', '/v1/events/one/deliveries');
      await stage.get([202], 'POST', `/v1/deliveries/${json.data[0].id}/retry`);
      await stage.until('it has come again', () => stage.product.receivers.ledger.length === 2);
    },
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 2 })],
  }),
  flow('what is large and was set aside is recovered into its line', {
    hosts: { a: REDIRECTS },
    before: (stage) => stage.register('a', { ordering: 'fifo' }),
    async act(stage) {
      await stage.publish({ id: 'large', orderingKey: 'k', data: { LARGE } });
      await over(stage, 1);
      stage.product.receivers.change(hostOf('a'), { phases: HEALTHY });
      // A recovery reads an index, which shows what has failed within a minute.
      await stage.wait(MINUTE_MS);
      const since = new Date(stage.simulation.startMs).toISOString();
      await stage.get([202], 'POST', `${A}/recover`, { body: { since } });
      await stage.until('it has come', () => stage.product.receivers.ledger.length === 2);
    },
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 2 })],
  }),
  flow('a call that is queued where calls have begun to fail takes the slow lane', {
    hosts: { a: downFor(2 * MINUTE_MS) },
    before: (stage) =>
      service(stage, {
        breaker: { ...BREAKER, minimumCalls: 20, consecutiveFailures: 20 },
        fallback: [{ type: 'queue', on: ['exhausted'] }],
      }),
    async act(stage) {
      for (let n = 0; n < 4; n++) {
        await stage.get([202], 'POST', `${A}/call`, { body: { ...CALL, body: { n } } });
        await stage.wait(15_000);
      }
      await over(stage, 4);
    },
    checks: [stored(4), ended({ a: 'delivered' })],
  }),
  flow(
    'a call that probes an open breaker well lets go the oldest of those that are held',
    {
      hosts: { a: downFor(20_000) },
      before: (stage) =>
        service(stage, {
          breaker: BREAKER,
          fallback: [{ type: 'queue', on: ['breaker-open', 'exhausted'] }],
        }),
      async act(stage) {
        let last = 0;
        for (let n = 0; n < CALLS_MAX && last !== 200; n++) {
          const body = { ...CALL, body: { n } };
          last = (await stage.get([200, 202], 'POST', `${A}/call`, { body })).status;
          await stage.wait(2_000);
        }
        stage.noted.set('last', last);
        await stage.until('all is delivered', () => stage.watch.pending.size === 0);
      },
      checks: [ended({ a: 'delivered' }), noted('last', (status) => status === 200)],
    },
    // Nobody else is told when the open period is over.
    () => troubled({ kind: 'sqs-lost', places: /^sqs\/work put$/, times: (n) => n <= 1 }),
  ),
  flow('a call whose probe is good closes the breaker of a service that nothing waits for', {
    hosts: { a: downFor(2 * MINUTE_MS) },
    before: (stage) =>
      service(stage, { breaker: { ...BREAKER, halfOpenCalls: 1 }, retry: { maxAttempts: 1 } }),
    async act(stage) {
      // Asked again and again, until it is answered by the service.
      await stage.get([200], 'POST', `${A}/call`, { body: CALL });
      const { json } = await stage.get([200], 'GET', `${A}/breaker`);
      stage.noted.set('breaker', json.state);
    },
    checks: [noted('breaker', (state) => state === 'closed')],
  }),
  flow('a call that opens a breaker has many told, who are not rung for one by one', {
    hosts: {
      a: downFor(2 * MINUTE_MS),
      ...Object.fromEntries(MANY.map((name) => [name, HEALTHY])),
    },
    async before(stage) {
      await service(stage, { breaker: BREAKER });
      const eventTypes = ['breakwater.breaker.opened'];
      for (const name of MANY) await stage.register(name, { eventTypes });
    },
    async act(stage) {
      // Asked again and again, until it is answered by the service.
      await stage.get([200], 'POST', `${A}/call`, { body: CALL });
      const { changes, pending } = stage.watch;
      await stage.until('all are told', () => changes.size > 0 && pending.size === 0);
    },
    // A probe that fails opens it anew, which is told as well.
    checks: [
      (end) => {
        const told = new Set(MANY.map((name) => requestsTo(end, name).length));
        return told.size === 1 && !told.has(0) ? undefined : 'not all are told alike';
      },
    ],
  }),
  dying(
    {
      name: 'a large call that was queued by one who died is found when it is asked again',
      hosts: { a: downFor(2 * MINUTE_MS) },
      before: (stage) => service(stage, { fallback: [{ type: 'queue', on: ['exhausted'] }] }),
      async act(stage) {
        const body = { ...CALL, body: { LARGE } };
        await stage.get([202], 'POST', `${A}/call`, { body, key: 'call' });
        await over(stage, 1);
      },
      checks: [stored(1), ended({ a: 'delivered' })],
    },
    /^call\/\d+$/,
    (stage) => isThere(stage, TABLE_NAMES.history, (row) => row.includes('"sk":{"S":"E"}')),
  ),
  dying(
    {
      name: 'a change whose request died before it was told is told by the tick',
      hosts: {},
      before: (stage) => stage.register('a'),
      async act(stage) {
        await stage.get([200], 'POST', `${A}/breaker/trip`, { body: {} });
        await stage.wait(10 * MINUTE_MS);
        await stage.get([200], 'POST', `${A}/breaker/reset`);
      },
      checks: [
        ({ stage }) =>
          isThere(stage, TABLE_NAMES.audit, (row) => row.includes('breaker.trip'))
            ? undefined
            : 'nobody tells of it',
      ],
    },
    /^api\/\d+$/,
    (stage) => isThere(stage, TABLE_NAMES.state, (row) => row.includes('"pk":{"S":"B#')),
  ),
  dying(
    {
      name: 'the mark of a job that was never stored is taken away',
      hosts: { a: HEALTHY },
      before: (stage) => stage.register('a'),
      async act(stage) {
        const since = new Date(stage.simulation.startMs).toISOString();
        await stage.get([202], 'POST', `${A}/recover`, { body: { since } });
        await stage.wait(20 * MINUTE_MS);
      },
      checks: [without('JOB-MARKS')],
    },
    /^api\/\d+$/,
    (stage) => isThere(stage, TABLE_NAMES.state, (row) => row.includes('"JOB-MARKS"')),
  ),
  flow(
    'a sweep is ended once, by a tick that does not hear that it has ended it',
    {
      hosts: { a: HEALTHY },
      before: (stage) => stage.register('a'),
      async act(stage) {
        for (const to of ['pause', 'resume']) await stage.get([200], 'POST', `${A}/${to}`);
        await stage.wait(20 * MINUTE_MS);
      },
      checks: [without('SWEEPS')],
    },
    () =>
      troubled({
        ...{ kind: 'dynamodb-lost-after', places: /^tick\/\d+ dynamodb\.DeleteItem$/ },
        times: (n) => n === 1,
      }),
  ),
  flow('the health of what is gone is not watched any more', {
    hosts: { a: HEALTHY },
    before: (stage) =>
      stage.register('a', {
        healthCheck: { url: `https://${hostOf('a')}/health`, intervalSeconds: 60 },
      }),
    async act(stage) {
      await stage.wait(3 * MINUTE_MS);
      await stage.get([204], 'DELETE', A);
      await stage.wait(30 * MINUTE_MS);
    },
    checks: [without('HEALTHCHECKS')],
  }),
];
