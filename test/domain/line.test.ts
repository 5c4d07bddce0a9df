import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import { newDelivery } from '../../lib/domain/delivery-transitions.ts';
import {
  AHEAD_MS_MAX,
  acceptedAfter,
  begunInTurn,
  isInLine,
  isSetAside,
  lineName,
  type Place,
  parsePlaceName,
  placeName,
  retryInTurn,
  turnRing,
} from '../../lib/domain/line.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';

const NOW = 1_800_000_000_000;
const SEED = {
  ...{ tenant: 'default', eventId: 'e', type: 'order.paid', acceptedAtMs: NOW },
  integrationId: 'int_01hzxk5v0000000000000000ab',
} as const;

function place(acceptedAtMs: number, eventId = 'e'): Place {
  return { acceptedAtMs, eventId, type: 'order.paid' };
}

function delivery(state: DeliveryState, more: Partial<Delivery> = {}): Delivery {
  return { ...newDelivery(SEED, state), ...more };
}

describe('the name of a place', () => {
  const somePlace = fc.record({
    acceptedAtMs: fc.nat(9_000_000_000_000),
    eventId: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
  });

  it('says all of it but the type', () => {
    fc.assert(
      fc.property(somePlace, (one) => {
        expect(parsePlaceName(placeName(one))).toEqual(one);
      }),
    );
  });

  it('sorts by the time of acceptance', () => {
    fc.assert(
      fc.property(somePlace, somePlace, (a, b) => {
        fc.pre(a.acceptedAtMs !== b.acceptedAtMs);
        expect(placeName(a) < placeName(b)).toBe(a.acceptedAtMs < b.acceptedAtMs);
      }),
    );
  });

  it('begins with a digit, so that a lock sorts before it', () => {
    fc.assert(
      fc.property(somePlace, (one) => {
        expect(placeName(one)).toMatch(/^\d{15}#/);
      }),
    );
  });
});

it('the name of a line tells no key, and is another for each', () => {
  const line = { tenant: 'acme', integrationId: SEED.integrationId, orderingKey: 'jane@doe.org' };
  expect(lineName(line)).toMatch(/^acme#int_\w+#[A-Za-z0-9_-]{43}$/);
  expect(lineName(line)).not.toBe(lineName({ ...line, orderingKey: 'jane@doe.com' }));
});

describe('an event with a key is accepted', () => {
  it.each<[string, readonly (Place | undefined)[], number | undefined]>([
    ['now, where nobody waits', [undefined, undefined], NOW],
    ['now, after what was accepted before', [place(NOW - 1)], NOW],
    ['a millisecond later than one of the same', [place(NOW)], NOW + 1],
    ['after the last of all its lines', [place(NOW + 5), undefined, place(NOW + 9)], NOW + 10],
    ['as far ahead as clocks differ', [place(NOW + AHEAD_MS_MAX - 1)], NOW + AHEAD_MS_MAX],
    ['no further ahead', [place(NOW + AHEAD_MS_MAX)], undefined],
    ['now, where it has no line', [], NOW],
  ])('%s', (_, newest, expected) => {
    expect(acceptedAfter(newest, NOW)).toBe(expected);
  });
});

describe('a turn', () => {
  const due = { nextAttemptAtMs: NOW, dueAtMs: NOW + 90_000 };
  it.each<[string, DeliveryState, 'due' | 'held' | undefined]>([
    ['queued', { status: 'queued', ...due }, 'due'],
    ['waiting until now', { status: 'waiting', ...due }, 'due'],
    ['waiting for its retry', { status: 'waiting', ...due, nextAttemptAtMs: NOW + 1 }, undefined],
    ['under way', { status: 'delivering', leaseUntilMs: NOW + 1 }, undefined],
    ['left by a dead worker', { status: 'delivering', leaseUntilMs: NOW }, 'due'],
    ['held', { status: 'held', heldBy: 'breaker' }, 'held'],
    ['held, let go', { status: 'held', heldBy: 'limit', leaseUntilMs: NOW + 1 }, undefined],
    ['delivered', { status: 'delivered', via: 'primary', completedAtMs: NOW }, undefined],
    ['failed', { status: 'failed', completedAtMs: NOW }, undefined],
  ])('is rung for one that is %s: not twice, and not before its time', (_, state, expected) => {
    expect(turnRing(state, NOW)).toBe(expected);
  });

  it('begins the schedule, once: behind others no time has passed', () => {
    const claim = delivery({ status: 'delivering', leaseUntilMs: NOW });
    expect(begunInTurn(claim, NOW + 7).scheduleStartMs).toBe(NOW + 7);
    const attempts = [{ number: 1 }] as unknown as Delivery['attempts'];
    expect(begunInTurn({ ...claim, attempts }, NOW + 7).scheduleStartMs).toBe(NOW);
    const again = { ...claim, attempts, scheduleBase: 1 };
    expect(begunInTurn(again, NOW + 7).scheduleStartMs).toBe(NOW + 7);
  });

  it.each([
    [600, 600],
    [undefined, 3_600],
    [86_400, 7_200],
  ])('ends after %s seconds at most', (orderingTimeoutSeconds, expected) => {
    const retry = { ...RETRY_DEFAULTS, maxAgeSeconds: 7_200 };
    const timeout = orderingTimeoutSeconds === undefined ? {} : { orderingTimeoutSeconds };
    expect(retryInTurn({ retry, ...timeout })).toEqual({ ...retry, maxAgeSeconds: expected });
  });
});

describe('a line', () => {
  const queued = { status: 'queued', nextAttemptAtMs: NOW, dueAtMs: NOW } as const;
  const chain = (trigger: 'exhausted' | 'breaker-open', round: number) =>
    delivery(queued, { chain: { trigger, link: 1, round } });

  it.each<[string, Delivery, boolean, boolean]>([
    ['what is to be tried', delivery(queued), true, false],
    ['what is held', delivery({ status: 'held', heldBy: 'pause' }), true, false],
    ['what goes to its fallback', chain('breaker-open', 1), true, false],
    ['what its fallback is asked to take', chain('exhausted', 1), true, false],
    ['what nobody took at once', chain('exhausted', 2), false, true],
    ['what failed', delivery({ status: 'failed', completedAtMs: NOW }), false, true],
    ['what was cancelled', delivery({ status: 'cancelled', completedAtMs: NOW }), false, false],
    [
      'what arrived',
      delivery({ status: 'delivered', via: 'primary', completedAtMs: NOW }),
      false,
      false,
    ],
  ])('%s: waited for, set aside', (_, one, waitedFor, setAside) => {
    expect([isInLine(one), isSetAside(one)]).toEqual([waitedFor, setAside]);
  });
});
