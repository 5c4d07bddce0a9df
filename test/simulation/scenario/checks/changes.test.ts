import { describe, expect, it } from 'vitest';
import type { Delivery, DeliveryState } from '../../../../lib/domain/delivery.ts';
import { DELIVERY_CHANGE_CHECKS } from './changes.ts';
import {
  AT_MS,
  attempt,
  change,
  delivered,
  EVENT_ID,
  ID,
  order,
  row,
  type Toy,
  toyRun,
  waiting,
} from './toy-run.ts';

const FAILED = attempt(1, AT_MS + 100, 500);
const CLAIMED: DeliveryState = { status: 'delivering', leaseUntilMs: AT_MS + 30_000 };
const DAY_MS = 86_400_000;

function wrongsOf(
  before: Delivery | undefined,
  after: Delivery | undefined,
  prepare: (toy: Toy) => void = () => {},
): readonly string[] {
  const toy = toyRun();
  prepare(toy);
  return Object.entries(DELIVERY_CHANGE_CHECKS).flatMap(([name, check]) =>
    check(toy.run)(ID, change(AT_MS + 1_000, before, after)) === undefined ? [] : [name],
  );
}

const STUCK = 'what is pending has a lease, a reason to be held, or a time that comes';
const TAKEN = 'a claim is not taken over before its lease is over';
const FORGOTTEN = 'an attempt is never forgotten, and each change is of the version before';
const REVIVED = 'what is over stays over until somebody asks for it again';

describe('a change of a delivery', () => {
  it.each<[what: string, before: DeliveryState | undefined, after: DeliveryState]>([
    ['begun', undefined, waiting(AT_MS + 6_000)],
    ['claimed', waiting(AT_MS), CLAIMED],
    ['held', waiting(AT_MS), { status: 'held', heldBy: 'breaker' }],
    ['recorded', CLAIMED, delivered(AT_MS)],
    [
      'claimed again when its lease was over',
      { ...CLAIMED, leaseUntilMs: AT_MS + 900 },
      { ...CLAIMED, leaseUntilMs: AT_MS + 46_000 },
    ],
    ['cancelled while it is under way', CLAIMED, { status: 'cancelled', completedAtMs: AT_MS }],
  ])('may be this: %s', (_, before, after) => {
    const was = before && row(before, [FAILED], 1);
    expect(wrongsOf(was, row(after, [FAILED], was === undefined ? 1 : 2))).toEqual([]);
  });

  it.each<[name: string, before: Delivery | undefined, after: Delivery | undefined]>([
    [STUCK, undefined, row(waiting(AT_MS + 3 * DAY_MS), [])],
    [
      STUCK,
      undefined,
      row({ status: 'queued', nextAttemptAtMs: AT_MS, dueAtMs: Number.MAX_SAFE_INTEGER }, []),
    ],
    [STUCK, undefined, row({ status: 'queued', nextAttemptAtMs: Number.NaN, dueAtMs: 0 }, [])],
    [STUCK, undefined, row({ status: 'delivering', leaseUntilMs: AT_MS + DAY_MS }, [])],
    [
      STUCK,
      undefined,
      row({ status: 'held', heldBy: 'breaker', leaseUntilMs: AT_MS + DAY_MS }, []),
    ],
    [STUCK, row(waiting(AT_MS), []), undefined],
    [TAKEN, row(CLAIMED, []), row({ ...CLAIMED, leaseUntilMs: AT_MS + 31_000 }, [], 2)],
    [TAKEN, row(CLAIMED, []), row(waiting(AT_MS + 2_000), [], 2)],
    [FORGOTTEN, row(waiting(AT_MS), [FAILED]), row(CLAIMED, [], 2)],
    [FORGOTTEN, row(waiting(AT_MS), []), row(CLAIMED, [], 3)],
    [REVIVED, row(delivered(AT_MS), []), row(waiting(AT_MS), [], 2)],
    [
      REVIVED,
      row(delivered(AT_MS), []),
      row({ status: 'failed', completedAtMs: AT_MS }, [FAILED], 2),
    ],
  ])('may not: %s', (name, before, after) => {
    expect(wrongsOf(before, after)).toContain(name);
  });

  it('may revive what somebody has asked for again', () => {
    const asked = (toy: Toy) => void toy.book.orders.push(order('replay', { eventId: EVENT_ID }));
    const [before, after] = [row(delivered(AT_MS), []), row(waiting(AT_MS), [], 2)];
    expect(wrongsOf(before, after, asked)).toEqual([]);
  });

  it('may take over a claim by a clock that is ahead, as far as it is', () => {
    const ahead = (amount: number) => (toy: Toy) =>
      void toy.faults.push({ at: 'deliver/2 birth#1', kind: 'skew-forward', amount });
    const [before, after] = [
      row(CLAIMED, []),
      row({ ...CLAIMED, leaseUntilMs: AT_MS + 60_000 }, [], 2),
    ];
    expect(wrongsOf(before, after, ahead(0.99))).toEqual([]);
    expect(wrongsOf(before, after, ahead(0.5))).toEqual([TAKEN, STUCK].slice(0, 1));
  });
});
