import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  FAILURES_MAX,
  type LockOut,
  lockedUntilMs,
  lockOutEndMs,
} from '../../lib/domain/lock-out.ts';

const T0 = 1_000_000_000;
const MINUTE = 60_000;

/** So many failures, one every `everyMs`, of a key that `lookup` names. */
function failing(times: number, more: { from?: LockOut; atMs?: number; everyMs?: number } = {}) {
  const { from, atMs = T0, everyMs = 100 } = more;
  let known = from;
  for (let i = 0; i < times; i++) known = afterFailure(known, 'lookupaaaa', atMs + i * everyMs);
  return known as LockOut;
}

describe('a lock-out', () => {
  it('begins with the tenth failure of a key within a minute', () => {
    const nine = failing(9);
    expect(lockedUntilMs(nine, 'lookupaaaa', T0 + 900)).toBeUndefined();
    const ten = afterFailure(nine, 'lookupaaaa', T0 + 900);
    expect(lockedUntilMs(ten, 'lookupaaaa', T0 + 900)).toBe(T0 + 900 + MINUTE);
    expect(lockedUntilMs(ten, 'lookupaaaa', T0 + 900 + MINUTE)).toBeUndefined();
  });

  it('is for that key of that network only', () => {
    expect(lockedUntilMs(failing(10), 'lookupbbbb', T0 + 900)).toBeUndefined();
  });

  it('does not come of failures that are minutes apart', () => {
    const slow = failing(50, { everyMs: 7_000 });
    expect(lockedUntilMs(slow, 'lookupaaaa', T0 + 50 * 7_000)).toBeUndefined();
  });

  it('doubles each time, up to an hour, and is forgotten after a quiet hour', () => {
    let atMs = T0;
    let known: LockOut | undefined;
    const lengths: number[] = [];
    for (let round = 0; round < 9; round++) {
      known = failing(10, { ...(known && { from: known }), atMs, everyMs: 0 });
      const untilMs = lockedUntilMs(known, 'lookupaaaa', atMs) ?? 0;
      lengths.push((untilMs - atMs) / MINUTE);
      atMs = untilMs;
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    known = failing(10, { from: known as LockOut, atMs: atMs + 60 * MINUTE, everyMs: 0 });
    expect(lockedUntilMs(known, 'lookupaaaa', atMs + 60 * MINUTE)).toBe(atMs + 61 * MINUTE);
  });

  it('is for the whole network after thirty failures of any keys', () => {
    let known: LockOut | undefined;
    for (let i = 0; i < FAILURES_MAX.perNetwork; i++) {
      expect(lockedUntilMs(known, 'lookupzzzz', T0 + i)).toBeUndefined();
      known = afterFailure(known, `guess${String(i).padStart(5, '0')}`, T0 + i);
    }
    expect(lockedUntilMs(known, 'lookupzzzz', T0 + 29)).toBe(T0 + 29 + MINUTE);
  });

  it('of one wrong key, however often it is sent, is never for the whole network', () => {
    let known: LockOut | undefined;
    for (let atMs = T0; atMs < T0 + 24 * 60 * MINUTE; atMs += 500) {
      if (lockedUntilMs(known, 'lookupaaaa', atMs) === undefined) {
        known = afterFailure(known, 'lookupaaaa', atMs);
      }
      expect(lockedUntilMs(known, 'lookupzzzz', atMs)).toBeUndefined();
    }
  });

  it('is left as it is by whoever comes while it lasts', () => {
    const ten = failing(10);
    expect(afterFailure(ten, 'lookupaaaa', T0 + 1_000)).toBe(ten);
  });

  it('stays small, and says when it is over', () => {
    let known: LockOut | undefined;
    for (let i = 0; i < 500; i++)
      known = afterFailure(known, String(i).padStart(10, '1'), T0 + i * 5_000);
    expect(known?.keys.length).toBeLessThanOrEqual(20);
    expect(lockOutEndMs(known as LockOut)).toBeGreaterThan(T0 + 500 * 5_000);
  });
});
