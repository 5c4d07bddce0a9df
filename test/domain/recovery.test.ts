import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import { isMeant, RECOVER_STATUSES, recovered } from '../../lib/domain/recovery.ts';
import { attempt, delivery, T0 } from '../contracts/fixtures.ts';

/** When somebody asks, and a moment before it and after it. */
const ASKED = T0 + 100_000;
const [BEFORE, AFTER] = [ASKED - 1, ASKED + 1];

const failedAt = (completedAtMs: number) => ({ status: 'failed', completedAtMs }) as const;
const cancelledAt = (completedAtMs: number) => ({ status: 'cancelled', completedAtMs }) as const;
const WAITING = { status: 'waiting', nextAttemptAtMs: AFTER, dueAtMs: AFTER } as const;
const QUEUED = { ...WAITING, status: 'queued' } as const;
const HELD = { status: 'held', heldBy: 'breaker' } as const;
const DELIVERING = { status: 'delivering', leaseUntilMs: BEFORE } as const;
const DELIVERED = { status: 'delivered', via: 'primary', completedAtMs: BEFORE } as const;

describe('which deliveries are meant', () => {
  it.each<[string, DeliveryState, number, boolean]>([
    ['failed before it was asked', failedAt(BEFORE), T0, true],
    ['failed since', failedAt(ASKED), T0, false],
    ['failed before, and begun anew since', failedAt(AFTER), AFTER, false],
    ['cancelled before', cancelledAt(BEFORE), T0, true],
    ['cancelled before, with its deliverAt to come', cancelledAt(BEFORE), AFTER, true],
    ['cancelled since', cancelledAt(AFTER), T0, false],
    ['waiting for a retry', WAITING, T0, true],
    ['waiting since it was begun anew', WAITING, ASKED, false],
    ['waiting for its deliverAt', WAITING, AFTER + 9, false],
    ['held', HELD, T0, true],
    ['queued', QUEUED, T0, false],
    ['under way, its worker dead', DELIVERING, T0, false],
    ['delivered', DELIVERED, T0, false],
  ])('%s', (_, state, scheduleStartMs, meant) => {
    expect(isMeant({ state, scheduleStartMs }, RECOVER_STATUSES, ASKED)).toBe(meant);
  });

  it.each([failedAt(BEFORE), cancelledAt(BEFORE), WAITING, HELD])(
    'only those in a status that was named: $status',
    (state) => {
      const others = RECOVER_STATUSES.filter((status) => status !== state.status);
      expect(isMeant({ state, scheduleStartMs: T0 }, others, ASKED)).toBe(false);
      expect(isMeant({ state, scheduleStartMs: T0 }, [state.status], ASKED)).toBe(true);
    },
  );
});

describe('a recovered delivery', () => {
  const by = { atMs: ASKED, heldBy: 'limit' } as const;

  it.each([failedAt(BEFORE), cancelledAt(BEFORE), WAITING])(
    'that was $status is held, at the start of its schedule',
    (state) => {
      const attempts = [attempt(1), attempt(2)];
      const before = delivery(1, { state, attempts, rings: 3, version: 4 });
      expect(recovered(before, by, AFTER)).toEqual({
        ...before,
        state: { status: 'held', heldBy: 'limit' },
        scheduleBase: 2,
        scheduleStartMs: AFTER,
        rings: 0,
      });
    },
  );

  it('is held by the pause of an integration that is paused', () => {
    const next = recovered(
      delivery(1, { state: failedAt(BEFORE) }),
      { ...by, heldBy: 'pause' },
      AFTER,
    );
    expect(next?.state).toEqual({ status: 'held', heldBy: 'pause' });
  });

  it('that is held already stays exactly as it is', () => {
    expect(recovered(delivery(1, { state: HELD }), by, AFTER)).toBeUndefined();
  });

  it('whose deliverAt is still to come is not let go before it', () => {
    const atMs = AFTER + 3_600_000;
    const before = delivery(1, { state: cancelledAt(BEFORE), scheduleStartMs: atMs, attempts: [] });
    expect(recovered(before, by, AFTER)).toMatchObject({
      state: { status: 'held', heldBy: 'limit' },
      scheduleStartMs: atMs,
    });
  });

  it('is not meant again, whatever becomes of it, even by a clock that is behind', () => {
    const ends: readonly ((now: Delivery) => DeliveryState)[] = [
      () => failedAt(ASKED),
      () => cancelledAt(AFTER),
      () => WAITING,
      ({ state }) => state,
    ];
    const statuses = fc.subarray(['failed', 'cancelled', 'waiting'] as const, { minLength: 1 });
    fc.assert(
      fc.property(
        statuses,
        fc.constantFrom<DeliveryState>(failedAt(BEFORE), cancelledAt(BEFORE), WAITING),
        fc.integer({ min: T0, max: ASKED + 600_000 }),
        fc.integer({ min: ASKED - 60_000, max: ASKED + 60_000 }),
        fc.constantFrom(...ends),
        (named, state, scheduleStartMs, nowMs, endOf) => {
          const before = delivery(1, { state, scheduleStartMs });
          fc.pre(isMeant(before, named, ASKED));
          const next = recovered(before, by, nowMs);
          if (next === undefined) throw new Error('nothing to store');
          expect(isMeant({ ...next, state: endOf(next) }, named, ASKED)).toBe(false);
        },
      ),
    );
  });
});
