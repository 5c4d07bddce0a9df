import { describe, expect, it } from 'vitest';
import { DELIVERY_LOOK_CHECKS } from './deliveries.ts';
import {
  AT_MS,
  delivered,
  EVENT_ID,
  ID,
  INTEGRATION_ID,
  order,
  request,
  row,
  type Toy,
  toyRun,
} from './toy-run.ts';
import { again, HOUR_MS, last, OWN, replace, retimed, shown, wrongsOf } from './toy-spoiling.ts';

const EVENT = {
  ...{ id: EVENT_ID, type: 'order.paid', orderingKey: null, deliverAt: null },
  data: { number: 1, text: 'x' },
};
const LATER = { headers: { ...request(2, AT_MS + 5_500, 500).headers } };

describe('a run in which all is well', () => {
  it('has nothing wrong', () => expect(wrongsOf(() => {})).toEqual([]));
});

const SPOILT: readonly (readonly [name: string, spoil: (toy: Toy) => void])[] = [
  ['audited to the end', (toy) => (toy.audit.isOver = false)],
  ['nothing accepted is lost or changed', ({ audit }) => audit.lost.push('own-1: 404')],
  [
    'nothing accepted is lost or changed',
    ({ audit }) => audit.events.set(EVENT_ID, { ...EVENT, orderingKey: 'key-1' }),
  ],
  [
    'what was accepted has a delivery for every integration that wanted it, and for no other',
    ({ audit }) => audit.deliveries.clear(),
  ],
  [
    'what was accepted has a delivery for every integration that wanted it, and for no other',
    ({ book }) =>
      book.orders.push(order('delete', { askedAtMs: 0, heardAtMs: AT_MS - 10, status: 204 })),
  ],
  [
    'an accepted event has the deliveries that its answer named',
    ({ book }) => {
      const accepted = book.accepted.get(EVENT_ID);
      if (accepted) book.accepted.set(EVENT_ID, { ...accepted, deliveries: [] });
    },
  ],
  [
    'one key, one id of its own or one webhook of a partner is one event',
    ({ audit }) => audit.events.set('evt_2', { ...EVENT, id: 'evt_2' }),
  ],
  [
    'one key, one id of its own or one webhook of a partner is one event',
    ({ audit }) => audit.events.set('evt_2', { ...EVENT, id: 'evt_2', data: { number: 7 } }),
  ],
  [
    'the same request is answered the same',
    ({ book }) => {
      const first = { status: 202, id: 'own-1', deliveries: ['a'] };
      book.repeats.push({ by: 'p', first, again: { ...first, id: 'own-2' } });
    },
  ],
  [
    'accepted is delivered, failed or cancelled, and nothing else is',
    ({ audit }) => audit.listed.set('failed', 1),
  ],
  ['everything ends', (toy) => toy.audit.deliveries.set(ID, { ...shown(toy), status: 'waiting' })],
  ['everything ends', (toy) => toy.changes.pop()],
  [
    'a success was a 2xx that the receiver answered, to the right request',
    ({ ledger }) => replace(ledger, 1, { status: 500 }),
  ],
  [
    'a success was a 2xx that the receiver answered, to the right request',
    ({ ledger }) => replace(ledger, 1, { verdict: 'wrong' }),
  ],
  [
    'a success was a 2xx that the receiver answered, to the right request',
    (toy) =>
      replace(toy.changes, 2, {
        after: row(delivered(AT_MS, 'fallback:1'), last(toy)?.attempts ?? [], 3),
      }),
  ],
  [
    'what the API shows of a delivery is what is stored',
    (toy) => toy.audit.deliveries.set(ID, { ...shown(toy), attempts: [] }),
  ],
  [
    'every request is on record, or its sender died or said that it could not record it',
    ({ ledger }) => ledger.splice(1, 0, request(2, AT_MS + 5_300, 503)),
  ],
  [
    'every request is on record, or its sender died or said that it could not record it',
    ({ ledger }) => {
      const stray = { ...request(1, AT_MS + HOUR_MS, 503) };
      ledger.push({ ...stray, headers: { ...stray.headers, 'breakwater-delivery': 'dlv_x' } });
    },
  ],
  [
    'every answer on record was given, and no blocked attempt was made',
    ({ ledger }) => void ledger.shift(),
  ],
  [
    'all requests of a delivery have its id, its bytes and the time they are sent',
    ({ ledger }) => replace(ledger, 1, { body: Buffer.from('{}') }),
  ],
  [
    'all requests of a delivery have its id, its bytes and the time they are sent',
    ({ book }) => {
      const accepted = book.accepted.get(EVENT_ID);
      if (accepted) book.accepted.set(EVENT_ID, { ...accepted, data: { number: 2 } });
    },
  ],
  [
    'all requests of a delivery have its id, its bytes and the time they are sent',
    ({ ledger }) => replace(ledger, 1, { atMs: AT_MS + 55_505, untilMs: AT_MS + 55_515 }),
  ],
  [
    'requests go to the hosts of their own integration, signed with a secret of it',
    ({ ledger }) => replace(ledger, 0, { host: 'int-1.example.com' }),
  ],
  [
    'requests go to the hosts of their own integration, signed with a secret of it',
    ({ ledger }) => replace(ledger, 0, { verdict: 'unsigned' }),
  ],
  [
    'nothing is sent again after a success, but for a fault that hid it',
    (toy) => again(toy, AT_MS + HOUR_MS),
  ],
  [
    'no two requests of a delivery are under way at once, but for a young first one',
    ({ ledger }) => replace(ledger, 0, { atMs: AT_MS + 5_500, untilMs: AT_MS + 6_000, ...LATER }),
  ],
  ['no attempt is made before its time', (toy) => retimed(toy, AT_MS + 3_000)],
  [
    'no more attempts are made than the schedule has',
    ({ book }) => {
      const known = book.integrations.get('int-0');
      const retry = { maxAttempts: 1, schedule: [5], maxAgeSeconds: 60 };
      if (known) book.integrations.set('int-0', { ...known, retry });
    },
  ],
  [
    'nothing is sent before its deliverAt',
    ({ book }) => {
      const accepted = book.accepted.get(EVENT_ID);
      if (accepted) book.accepted.set(EVENT_ID, { ...accepted, deliverAtMs: AT_MS + 2_000 });
    },
  ],
  ['no request begins when its delivery is over', (toy) => again(toy, AT_MS + HOUR_MS)],
  [
    'an integration that was deleted gets nothing more',
    ({ book }) => {
      const times = { askedAtMs: AT_MS - 7_000, heardAtMs: AT_MS - 6_900 };
      book.orders.push(order('delete', { ...times, status: 204 }));
    },
  ],
  [
    'an integration that is paused gets nothing',
    ({ book }) => book.orders.push(order('pause', { askedAtMs: 0, heardAtMs: AT_MS - 10_000 })),
  ],
  [
    'a delivery that does not move is rung for a few times, and then now and again',
    ({ rings }) => {
      const every = (_: unknown, second: number) => AT_MS + HOUR_MS + second * 1_000;
      rings.set(`${EVENT_ID} ${INTEGRATION_ID}`, Array.from({ length: 60 }, every));
    },
  ],
  [
    'no function asks the tables more than its work is worth',
    ({ commands }) => commands.set('tick', 10_000),
  ],
];

describe('again and again a check', () => {
  it.each([
    [20, 0],
    [30, 1],
  ])('looks for what was due: after %i hours it finds %i', (hours, found) => {
    const toy = toyRun();
    toy.changes.pop();
    const nowMs = () => AT_MS + hours * HOUR_MS;
    const run = { ...toy.run, simulation: { ...toy.run.simulation, nowMs } };
    const wrongs = Object.values(DELIVERY_LOOK_CHECKS).map((check) => check(run));
    expect(wrongs.filter((wrong) => wrong !== undefined)).toHaveLength(found);
  });
});

describe('a check finds', () => {
  it.each(SPOILT)('%s', (name, spoil) => expect(wrongsOf(spoil)).toContain(name));

  it('each of its kind: what nobody has seen red proves nothing', () => {
    expect(new Set(SPOILT.map(([name]) => name))).toEqual(new Set(Object.keys(OWN)));
  });
});
