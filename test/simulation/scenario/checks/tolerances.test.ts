import { describe, expect, it } from 'vitest';
import {
  AT_MS,
  attempt,
  change,
  delivered,
  EVENT_ID,
  FALLBACK_HOST,
  ID,
  INTEGRATION_ID,
  order,
  request,
  row,
  type Toy,
} from './toy-run.ts';
import { again, HOUR_MS, last, ofFirst, replace, unclaimed, wrongsOf } from './toy-spoiling.ts';

describe('a check lets pass', () => {
  const hour = AT_MS + HOUR_MS;
  it.each<[what: string, spoil: (toy: Toy) => void]>([
    [
      'a request that nobody knows of, whose sender died',
      ({ ledger, deaths }) => {
        ledger.splice(1, 0, { ...request(2, AT_MS + 5_300, 503), from: 'deliver/9' });
        deaths.set('deliver/9', { atMs: AT_MS + 5_320, why: 'kill-after' });
      },
    ],
    [
      'a request that nobody knows of, whose sender said so',
      ({ ledger, broken }) => {
        ledger.splice(1, 0, { ...request(2, AT_MS + 5_300, 503), from: 'deliver/9' });
        const ref = { eventId: EVENT_ID, integrationId: INTEGRATION_ID };
        broken.push({ atMs: AT_MS + 9_000, by: 'deliver/9', ...ref });
      },
    ],
    [
      'another request that an operator asked for',
      (toy) => {
        const times = { askedAtMs: hour - 900, heardAtMs: hour - 400 };
        toy.book.orders.push(order('retry', { ...times, deliveryId: ID }));
        const before = last(toy);
        const state = { status: 'queued' as const, nextAttemptAtMs: hour, dueAtMs: hour };
        const asked = row(state, before?.attempts ?? [], 4);
        toy.changes.push(change(hour - 500, before, asked));
        again(toy, hour);
        replace(toy.changes, 4, { after: row(delivered(hour), last(toy)?.attempts ?? [], 5) });
      },
    ],
    [
      'a clock that was wrong',
      (toy) => {
        const headers = { 'webhook-timestamp': String(Math.floor((AT_MS + 20_505) / 1_000)) };
        const own = toy.ledger[1]?.headers ?? {};
        replace(toy.ledger, 1, { from: 'deliver/7', headers: { ...own, ...headers } });
        toy.faults.push({ at: 'deliver/7 birth#1', kind: 'skew-forward', amount: 0.5 });
        const after = last(toy);
        const attempts = [after?.attempts[0], attempt(2, AT_MS + 20_500, 200)];
        const known = attempts.filter((one) => one !== undefined);
        replace(toy.changes, 2, { after: row(delivered(AT_MS), known, 3) });
      },
    ],
    [
      'two of a young event, of a doorbell that was heard twice',
      (toy) => {
        again(toy, AT_MS + 5_510);
        ofFirst(toy, 2);
        toy.faults.push({ at: 'sqs/delivery put#1', kind: 'sqs-duplicate', amount: 0 });
      },
    ],
    [
      'two at once, where a clock fell back and the claim by it was over when it was made',
      (toy) => {
        again(toy, AT_MS + 5_507);
        toy.faults.push({ at: 'deliver/2#1', kind: 'clock-back', amount: 0.9 });
      },
    ],
    [
      'two requests that were made at the same time, with records in another order',
      (toy) => {
        again(toy, AT_MS + 5_503);
        ofFirst(toy, 2, { untilMs: AT_MS + 5_522 });
        toy.ledger.reverse();
        toy.faults.push({ at: 'poller/delivery#1', kind: 'batch-twice', amount: 0 });
      },
    ],
    [
      'a slow first one that was heard twice, recorded while the other is tried again',
      (toy) => {
        unclaimed(toy, AT_MS + 10);
        ofFirst(toy, 1);
        toy.faults.push({ at: 'poller/delivery#1', kind: 'batch-twice', amount: 0 });
      },
    ],
    [
      'a delivery by the fallback',
      (toy) => {
        const made = toy.ledger[1] as (typeof toy.ledger)[number];
        const url = `https://${FALLBACK_HOST}/hooks`;
        toy.ledger[1] = { ...made, host: FALLBACK_HOST, url };
        const attempts = (last(toy)?.attempts ?? []).map((one) =>
          one.number === 2 ? { ...one, target: url } : one,
        );
        replace(toy.changes, 2, { after: row(delivered(AT_MS, 'fallback:1'), attempts, 3) });
      },
    ],
  ])('%s', (_, spoil) => {
    expect(wrongsOf(spoil)).toEqual([]);
  });
});
