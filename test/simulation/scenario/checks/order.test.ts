import { describe, expect, it } from 'vitest';
import type { DeliveryState } from '../../../../lib/domain/delivery.ts';
import { newDelivery } from '../../../../lib/domain/delivery-transitions.ts';
import { TURN_LEASE_MS } from '../../../../lib/domain/line.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Turn } from '../line-watch.ts';
import type { Dossier } from './evidence.ts';
import { wrongOrder, wrongOverlap, wrongRepeat } from './order.ts';

const T0 = 1_800_000_000_000;
const at = (second: number) => T0 + second * 1_000;
const DONE: DeliveryState = { status: 'delivered', via: 'primary', completedAtMs: T0 };

/** Called from one second until another, with what it answered. */
function call(from: number, until: number, status: number | null = 200): Entry {
  return {
    ...{ atMs: at(from), untilMs: at(until), host: 'a', url: '', method: 'POST', headers: {} },
    ...{ body: new Uint8Array(), verdict: 'good', status, isHeard: true, from: 'deliver/1' },
  };
}

/** Accepted at that second, a second after it was asked for. */
function member(
  eventId: string,
  second: number,
  requests: readonly Entry[],
  more: { readonly state?: DeliveryState; readonly orders?: Dossier['orders'] } = {},
): Dossier {
  const seed = { tenant: 'default', integrationId: 'int_a', type: 'x' } as const;
  const { state = DONE, orders = [] } = more;
  const last = newDelivery({ ...seed, eventId, acceptedAtMs: at(second) }, state);
  return {
    ...{ id: eventId, last, requests, orders, requestOf: new Map(), unrecorded: new Set() },
    changes: [{ atMs: T0, before: undefined, after: last }],
    accepted: {
      ...{ id: eventId, type: 'x', data: {}, how: 'publish' },
      ...{ askedAtMs: at(second - 1), heardAtMs: at(second) },
    },
    integration: {
      ...{ id: 'int_a', name: 'a', host: 'a', fallbackHosts: [], eventTypes: [], isFifo: true },
      ...{ retry: { maxAttempts: 1, schedule: [], maxAgeSeconds: 60 }, madeAtMs: T0 },
    },
  } as Dossier;
}

const FAILED: DeliveryState = { status: 'failed', completedAtMs: T0 };

describe('the order of a line', () => {
  it.each<[string, readonly Dossier[]]>([
    ['one after the other', [member('a', 1, [call(5, 6)]), member('b', 3, [call(7, 8)])]],
    ['asked for at the same time', [member('a', 1, [call(7, 8)]), member('b', 1, [call(5, 6)])]],
    [
      'the first given up on the way',
      [member('a', 1, [call(9, 10)], { state: FAILED }), member('b', 3, [call(5, 6)])],
    ],
    [
      'the first sent again by hand',
      [
        member('a', 1, [call(9, 10)], { orders: [{ what: 'retry', askedAtMs: T0, tries: 1 }] }),
        member('b', 3, [call(5, 6)]),
      ],
    ],
  ])('is kept: %s', (_, members) => {
    expect(wrongOrder(members)).toBeUndefined();
  });

  it.each<[string, readonly Dossier[]]>([
    ['the second is called first', [member('a', 1, [call(7, 8)]), member('b', 3, [call(5, 6)])]],
    [
      'the second is called while the first is tried again',
      [member('a', 1, [call(5, 6, 500), call(9, 10)]), member('b', 3, [call(7, 8)])],
    ],
  ])('is not kept: %s', (_, members) => {
    expect(wrongOrder(members)).toBeDefined();
  });
});

describe('calls of one line', () => {
  const both = [member('a', 1, [call(5, 20)]), member('b', 3, [call(10, 11)])];
  const turn: Turn = {
    ...{ eventId: 'a', owner: 'x', fromMs: at(4), untilMs: at(9), wasGivenBack: false },
  };

  it('may come one after the other', () => {
    const apart = [member('a', 1, [call(5, 10)]), member('b', 3, [call(10, 11)])];
    expect(wrongOverlap(apart, [])).toBeUndefined();
  });

  it('may meet where a wrong clock took the lock away before its time', () => {
    expect(wrongOverlap(both, [turn])).toBeUndefined();
  });

  it.each<[string, readonly Turn[]]>([
    ['without a lock', []],
    ['with a lock that was given back too early', [{ ...turn, wasGivenBack: true }]],
    ['with a lock whose time was over', [{ ...turn, fromMs: at(9) - TURN_LEASE_MS }]],
    ['with the lock of another', [{ ...turn, eventId: 'c' }]],
  ])('may not meet %s', (_, turns) => {
    expect(wrongOverlap(both, turns)).toBeDefined();
  });
});

describe('a delivery that is over', () => {
  const WAITING: DeliveryState = { status: 'waiting', nextAttemptAtMs: T0, dueAtMs: T0 };
  /** Over at the tenth second, called once more at that second. */
  const calledAt = (second: number, orders: Dossier['orders'] = []): readonly Dossier[] => {
    const one = member('a', 1, [call(9, 10), call(second, second + 1)], { orders });
    const before = { ...one.last, state: WAITING };
    return [{ ...one, changes: [{ atMs: at(10), before, after: one.last }] }];
  };
  const turn = (from: number, until: number): Turn => ({
    ...{ eventId: 'a', owner: 'x', fromMs: at(from), untilMs: at(until), wasGivenBack: true },
  });

  it('may not be called in a turn that was taken later', () => {
    expect(wrongRepeat(calledAt(13), [turn(8, 11), turn(12, 14)])).toContain('is over since');
  });

  it.each<[string, readonly Dossier[], readonly Turn[]]>([
    ['in a turn from before', calledAt(13), [turn(8, 14)]],
    ['beside the line', calledAt(13), [turn(8, 11)]],
    ['by hand', calledAt(13, [{ what: 'retry', askedAtMs: T0, tries: 1 }]), [turn(12, 14)]],
    ['while another has the turn', calledAt(13), [{ ...turn(12, 14), eventId: 'b' }]],
  ])('may be called again %s', (_, members, turns) => {
    expect(wrongRepeat(members, turns)).toBeUndefined();
  });
});
