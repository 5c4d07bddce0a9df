import { describe, expect, it } from 'vitest';
import { signOf } from '../../../../lib/app/breaker-board.ts';
import {
  BREAKER_DEFAULTS,
  type Breaker,
  newBreaker,
  type ProbeLease,
} from '../../../../lib/domain/breaker.ts';
import { halfOpened, opened } from '../../../../lib/domain/breaker-transitions.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { BreakerChange, Look } from '../breaker-watch.ts';
import { wrongCall } from './breaker-calls.ts';

const T0 = 1_800_000_000_000;
const ID = 'int_a~0';
const REF = { tenant: 'default', integrationId: 'int_a', target: 0 } as const;
const was = newBreaker(REF);
const config = { ...BREAKER_DEFAULTS, openSeconds: 600 };
const open = opened(was, config, { nowMs: T0, dice: 0, reason: 'so' });
const paused = { ...was, notBeforeMs: T0 + 120_000 };

/** The stored breaker from these times on, in seconds. */
function stored(...steps: readonly (readonly [number, Breaker])[]): readonly BreakerChange[] {
  return steps.map(([second, after]) => ({
    ...{ atMs: T0 + second * 1_000, before: undefined, after, isOnBoard: true },
  }));
}

function call(second: number): Entry {
  const atMs = T0 + second * 1_000;
  return {
    ...{ atMs, untilMs: atMs + 10, host: 'a', url: '', method: 'POST', body: new Uint8Array() },
    headers: { 'webhook-timestamp': String(T0 / 1_000 + second) },
    ...{ verdict: undefined, status: 200, isHeard: true, from: 'deliver/1' },
  };
}

function look(second: number, breaker?: Breaker): Look {
  const atMs = T0 + second * 1_000;
  const signs = new Map(breaker === undefined ? [] : [[ID, signOf(breaker)]]);
  return { atMs, ownMs: atMs, kind: 'shown', signs };
}

function told(second: number, breaker: Breaker, id = ID): Look {
  const atMs = T0 + second * 1_000;
  return { atMs, ownMs: atMs, kind: 'told', id, sign: signOf(breaker) };
}

function judged(changes: readonly BreakerChange[], calls: readonly Entry[], looks: Look[]) {
  return wrongCall({ breakerId: ID, calls, changes, looksOf: () => looks });
}

const half = (leases: readonly ProbeLease[]): Breaker => {
  const next = halfOpened(open, { nowMs: T0, reason: 'over', leaseMs: 10_000 });
  return { ...next, halfOpen: { successes: 0, failures: 0, deadlineMs: T0, leases } };
};
const LEASE = { owner: 'me', expiresAtMs: T0 };

describe('who calls a target', () => {
  it.each<[string, readonly BreakerChange[], readonly Entry[], Look[]]>([
    ['whose breaker is well', [], [call(60)], [look(59)]],
    ['before it was shown that it is open', stored([0, open]), [call(60)], [look(59)]],
    ['on its way when it opened', stored([0, open]), [call(3)], [look(2, open)]],
    [
      'as a probe',
      stored([0, half([LEASE])]),
      [call(60)],
      [look(30, half([])), look(59, half([]))],
    ],
    ['while the board does not answer', [], [call(60)], [{ ...look(1), kind: 'asked' }]],
    [
      'that it was told is well, by its own report',
      stored([0, open]),
      [call(60)],
      [look(30, open), told(31, was), { ...look(59), kind: 'failed' }],
    ],
  ])('%s is right', (_, changes, calls, looks) => {
    expect(judged(changes, calls, looks)).toBeUndefined();
  });

  it.each<[string, readonly BreakerChange[], readonly Entry[], Look[]]>([
    ['knows it is open', stored([0, open]), [call(60)], [look(30, open), look(59, open)]],
    ['knows of a pause', stored([0, paused]), [call(60)], [look(30, paused), look(59, paused)]],
    [
      'was told so after it was told that it is well',
      stored([0, open]),
      [call(60)],
      [look(20, open), told(21, was), told(30, open), { ...look(59), kind: 'failed' }],
    ],
    [
      'was told of another',
      stored([0, open]),
      [call(60)],
      [look(30, open), told(31, was, 'int_b~0')],
    ],
    [
      'probes without a lease',
      stored([0, half([])]),
      [call(60)],
      [look(30, half([])), look(59, half([]))],
    ],
    [
      'probes more often than it may',
      stored([0, half([LEASE])]),
      [call(60), call(61)],
      [look(30, half([])), look(59, half([]))],
    ],
    ['has not asked for the board', [], [call(60)], [look(1)]],
    ['never has', [], [call(60)], []],
  ])('and %s is wrong', (_, changes, calls, looks) => {
    expect(judged(changes, calls, looks)).toBeDefined();
  });
});
