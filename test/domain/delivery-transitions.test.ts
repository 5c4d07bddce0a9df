import { describe, expect, it } from 'vitest';
import { admit, UNCLAIMED_MS } from '../../lib/domain/admission.ts';
import type { Attempt, Delivery, DeliveryState, DeliveryTask } from '../../lib/domain/delivery.ts';
import {
  attemptsMade,
  dueAt,
  end,
  hold,
  isPending,
  newDelivery,
  RING_GRACE_MS,
  release,
  restart,
  ring,
  ringTime,
} from '../../lib/domain/delivery-transitions.ts';
import { RETRY_DEFAULTS, type Verdict } from '../../lib/domain/retry.ts';
import { settle, settleLate } from '../../lib/domain/settlement.ts';

const T0 = 1_800_000_000_000;
const seed = {
  tenant: 'default',
  eventId: 'evt_1',
  integrationId: 'int_1',
  type: 'invoice.paid',
  acceptedAtMs: T0,
} as const;
const task = (attempt = 1): DeliveryTask => ({ ...seed, attempt });
const limits = { leaseMs: 30_000, maxAgeSeconds: 1_000, fallback: [] };
const attempt = (number: number): Attempt => ({
  id: 'att_1',
  number,
  startedAtMs: T0,
  latencyMs: 5,
  target: 'https://example.com/',
  outcome: 'retryable',
  error: 'http',
  statusCode: 500,
  responseHeaders: {},
  responseBody: '',
  retryAfterSeconds: null,
});
const verdict = (outcome: Verdict['outcome'], more: Partial<Verdict> = {}): Verdict => ({
  outcome,
  disable: false,
  retryAfterSeconds: undefined,
  ...more,
});
const inState = (state: DeliveryState, more: Partial<Delivery> = {}): Delivery => ({
  ...newDelivery(seed, state),
  version: 3,
  ...more,
});
const queued = (nextAttemptAtMs = T0): DeliveryState => dueAt(nextAttemptAtMs, nextAttemptAtMs);

describe('admission', () => {
  it.each<[string, Delivery | undefined, DeliveryTask, number, string]>([
    ['a young event without row is sent unclaimed', undefined, task(), T0, 'send'],
    ['one just under the age too', undefined, task(), T0 + UNCLAIMED_MS - 1, 'send'],
    ['an older one is claimed', undefined, task(), T0 + UNCLAIMED_MS, 'claim'],
    ['a queued row is claimed', inState(queued()), task(), T0, 'claim'],
    ['one that is half a second early is on time', inState(queued(T0 + 500)), task(), T0, 'claim'],
    ['one that is earlier comes later', inState(queued(T0 + 501)), task(), T0, 'later'],
    [
      'a doorbell for an attempt made before is stale',
      inState(queued(), { attempts: [attempt(1)] }),
      task(),
      T0,
      'ignore',
    ],
    [
      'a doorbell for the next attempt is not',
      inState(queued(), { attempts: [attempt(1)] }),
      task(2),
      T0,
      'claim',
    ],
    [
      'a live lease keeps others out',
      inState({ status: 'delivering', leaseUntilMs: T0 + 1 }),
      task(),
      T0,
      'ignore',
    ],
    [
      'a lapsed lease lets the next in',
      inState({ status: 'delivering', leaseUntilMs: T0 }),
      task(),
      T0,
      'claim',
    ],
    ['held', inState({ status: 'held', heldBy: 'pause' }), task(), T0, 'ignore'],
    [
      'delivered',
      inState({ status: 'delivered', via: 'primary', completedAtMs: T0 }),
      task(),
      T0,
      'ignore',
    ],
    ['failed', inState({ status: 'failed', completedAtMs: T0 }), task(), T0, 'ignore'],
    ['cancelled', inState({ status: 'cancelled', completedAtMs: T0 }), task(), T0, 'ignore'],
    [
      'too old after an attempt',
      inState(queued(), { attempts: [attempt(1)] }),
      task(2),
      T0 + 1_000_001,
      'expire',
    ],
    ['too old without any', inState(queued()), task(), T0 + 1_000_001, 'claim'],
    ['just not too old', inState(queued()), task(), T0 + 1_000_000, 'claim'],
  ])('%s', (_, delivery, doorbell, nowMs, kind) => {
    expect(admit(delivery, doorbell, limits, nowMs).kind).toBe(kind);
  });

  it('claims for as long as the attempt may take', () => {
    const admission = admit(inState(queued()), task(), limits, T0 + 7);
    expect(admission).toMatchObject({
      kind: 'claim',
      next: { state: { status: 'delivering', leaseUntilMs: T0 + 30_007 }, version: 3 },
    });
  });
});

describe('settling an attempt', () => {
  const policy = { retry: { ...RETRY_DEFAULTS, jitter: 0 }, fallback: [] };
  const chance = { nowMs: T0 + 10, dice: 0 };
  const claimed = inState({ status: 'delivering', leaseUntilMs: T0 + 1 });

  it('delivers on success', () => {
    const next = settle(claimed, attempt(1), verdict('success'), policy, chance);
    expect(next.state).toEqual({ status: 'delivered', via: 'primary', completedAtMs: T0 + 10 });
    expect(next.attempts).toHaveLength(1);
  });

  it('waits for the schedule after a retryable failure, with time for the doorbell', () => {
    const next = settle(claimed, attempt(1), verdict('retryable'), policy, chance);
    expect(next.state).toEqual({
      status: 'waiting',
      nextAttemptAtMs: T0 + 5_010,
      dueAtMs: T0 + 5_010 + RING_GRACE_MS,
    });
  });

  it('leaves to the tick what a doorbell does not reach', () => {
    const third = { ...claimed, attempts: [attempt(1), attempt(2)] };
    const next = settle(third, attempt(3), verdict('retryable'), policy, chance);
    expect(next.state).toMatchObject({ nextAttemptAtMs: T0 + 1_800_010, dueAtMs: T0 + 1_800_010 });
  });

  it('fails when the attempts are used up, and when the failure is permanent', () => {
    const last = { ...claimed, attempts: Array.from({ length: 14 }, (_, i) => attempt(i + 1)) };
    expect(settle(last, attempt(15), verdict('retryable'), policy, chance).state.status).toBe(
      'failed',
    );
    expect(settle(claimed, attempt(1), verdict('permanent'), policy, chance).state.status).toBe(
      'failed',
    );
  });

  it('holds where the receiver disabled itself', () => {
    const next = settle(
      claimed,
      attempt(1),
      verdict('permanent', { disable: true }),
      policy,
      chance,
    );
    expect(next.state).toEqual({ status: 'held', heldBy: 'pause' });
  });

  it('counts attempts anew after a retry by hand', () => {
    const made = Array.from({ length: 15 }, (_, i) => attempt(i + 1));
    const retried = restart(
      inState({ status: 'failed', completedAtMs: T0 }, { attempts: made }),
      T0,
    );
    const next = settle(retried, attempt(16), verdict('retryable'), policy, chance);
    expect(next.state).toMatchObject({ status: 'waiting', nextAttemptAtMs: T0 + 5_010 });
    expect(attemptsMade(next)).toBe(16);
  });

  it('keeps the newest sixty attempts and goes on counting', () => {
    const made = Array.from({ length: 60 }, (_, i) => attempt(i + 1));
    const next = settle(
      { ...claimed, attempts: made },
      attempt(61),
      verdict('success'),
      policy,
      chance,
    );
    expect(next.attempts).toHaveLength(60);
    expect(attemptsMade(next)).toBe(61);
  });
});

describe('a late result', () => {
  it('of a success delivers whatever has become of the delivery', () => {
    for (const state of [queued(), { status: 'cancelled', completedAtMs: T0 }] as const) {
      const next = settleLate(inState(state), attempt(1), verdict('success'), 0, T0 + 5);
      expect(next.state.status).toBe('delivered');
    }
  });

  it('of a failure is kept and changes nothing', () => {
    const current = inState(queued(), { attempts: [attempt(1)] });
    const next = settleLate(current, attempt(1), verdict('retryable'), 0, T0);
    expect(next.state).toEqual(current.state);
    expect(next.attempts.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('does not deliver twice', () => {
    const done = inState({ status: 'delivered', via: 'primary', completedAtMs: T0 });
    expect(settleLate(done, attempt(1), verdict('success'), 0, T0 + 9).state).toEqual(done.state);
  });
});

describe('ringing', () => {
  it.each<[string, DeliveryState, number, number | undefined]>([
    [
      'a doorbell that is out is waited for',
      { status: 'queued', nextAttemptAtMs: T0, dueAtMs: T0 + 1 },
      60_000,
      undefined,
    ],
    [
      'and rung again when it is late',
      { status: 'queued', nextAttemptAtMs: T0 - 1, dueAtMs: T0 },
      0,
      T0,
    ],
    [
      'a far retry is rung ahead of its time',
      { status: 'waiting', nextAttemptAtMs: T0 + 9, dueAtMs: T0 + 9 },
      60_000,
      T0 + 9,
    ],
    [
      'not further ahead than the horizon',
      { status: 'waiting', nextAttemptAtMs: T0 + 9, dueAtMs: T0 + 9 },
      8,
      undefined,
    ],
    ['a dead worker is replaced', { status: 'delivering', leaseUntilMs: T0 }, 0, T0],
    ['a live one is not', { status: 'delivering', leaseUntilMs: T0 + 1 }, 60_000, undefined],
    ['held', { status: 'held', heldBy: 'pause' }, 60_000, undefined],
    ['delivered', { status: 'delivered', via: 'primary', completedAtMs: T0 }, 60_000, undefined],
    ['failed', { status: 'failed', completedAtMs: T0 }, 60_000, undefined],
  ])('%s', (_, state, horizonMs, expected) => {
    expect(ringTime(inState(state), T0, horizonMs)).toBe(expected);
  });

  it('waits longer each time, an hour at most', () => {
    let delivery = inState(queued());
    const waits = Array.from({ length: 8 }, () => {
      delivery = ring(delivery, T0, T0);
      return delivery.state.status === 'queued' ? (delivery.state.dueAtMs - T0) / 1000 : undefined;
    });
    expect(waits).toEqual([90, 180, 360, 720, 1_440, 2_880, 3_600, 3_600]);
  });

  it('of a lapsed lease makes it claimable again', () => {
    const rung = ring(inState({ status: 'delivering', leaseUntilMs: T0 }), T0, T0);
    expect(rung.state.status).toBe('queued');
    expect(ring(inState(queued()), T0 + 5, T0).state.status).toBe('waiting');
  });
});

describe('holding, releasing, ending', () => {
  it('keeps the attempts made and starts the age anew on release', () => {
    const held = hold(inState(queued(), { attempts: [attempt(1)] }), 'pause');
    const next = release(held, T0 + 99);
    expect(next.state).toMatchObject({ status: 'queued', nextAttemptAtMs: T0 + 99 });
    expect(next.scheduleStartMs).toBe(T0 + 99);
    expect(attemptsMade(next)).toBe(1);
  });

  it('knows what is over', () => {
    const over = ['failed', 'cancelled'] as const;
    for (const status of over) expect(isPending(end(inState(queued()), status, T0))).toBe(false);
    expect(isPending(inState({ status: 'delivered', via: 'primary', completedAtMs: T0 }))).toBe(
      false,
    );
    expect(isPending(inState(queued()))).toBe(true);
    expect(isPending(hold(inState(queued()), 'pause'))).toBe(true);
  });
});
