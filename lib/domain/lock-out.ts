/** Wrong keys of one network, all together and key by key; nothing here is written on success. */
export interface LockOut {
  readonly all: Failures;
  /** The few that failed last. */
  readonly keys: readonly KeyFailures[];
}

export interface KeyFailures extends Failures {
  /** The public part of the key that was tried. */
  readonly lookup: string;
}

export interface Failures {
  readonly count: number;
  /** When the first of them was. */
  readonly sinceMs: number;
  /** Locks so far. */
  readonly locks: number;
  readonly lockedUntilMs: number;
}

/**
 * A key that fails ten times in a minute is locked for the network that tried it, and for nobody
 * else. The network itself is locked after thirty: one service with one wrong key, locked after its
 * ten, never takes the others behind the same address with it.
 */
export const FAILURES_MAX = { perKey: 10, perNetwork: 30 } as const;
export const FAILURES_WINDOW_MS = 60_000;
/** Each lock is twice as long as the last one. */
export const LOCK_MS = { first: 60_000, most: 3_600_000 } as const;
/** After so long without another failure earlier locks are forgotten. */
export const LOCKS_FORGOTTEN_MS = 3_600_000;
const KEYS_MAX = 20;
const NONE: Failures = { count: 0, sinceMs: 0, locks: 0, lockedUntilMs: 0 };

/**
 * Until when nobody of this network may try this key; undefined: now. What others of the network
 * have tried is not held against a key that was good lately: else thirty made-up keys an hour would
 * keep everybody out who shares an address with their sender.
 */
export function lockedUntilMs(
  lockOut: LockOut | undefined,
  lookup: string,
  nowMs: number,
  wasGood = false,
): number | undefined {
  if (lockOut === undefined) return undefined;
  const ownMs = keyOf(lockOut, lookup).lockedUntilMs;
  const untilMs = wasGood ? ownMs : Math.max(lockOut.all.lockedUntilMs, ownMs);
  return untilMs > nowMs ? untilMs : undefined;
}

/** One more failure. What is locked already, network or key, is not locked for longer by it. */
export function afterFailure(lockOut: LockOut | undefined, lookup: string, nowMs: number): LockOut {
  const known = lockOut ?? { all: NONE, keys: [] };
  if (lockedUntilMs(known, lookup, nowMs, true) !== undefined) return known;
  const own = counted(keyOf(known, lookup), FAILURES_MAX.perKey, nowMs);
  const isLocked = known.all.lockedUntilMs > nowMs;
  const others = known.keys.filter((other) => other.lookup !== lookup);
  return {
    all: isLocked ? known.all : counted(known.all, FAILURES_MAX.perNetwork, nowMs),
    keys: [...others, { ...own, lookup }].slice(-KEYS_MAX),
  };
}

/** When nothing of it counts any more. */
export function lockOutEndMs({ all, keys }: LockOut): number {
  const ends = [all, ...keys].map(lastMs);
  return Math.max(...ends) + LOCKS_FORGOTTEN_MS;
}

function keyOf({ keys }: LockOut, lookup: string): Failures {
  return keys.find((key) => key.lookup === lookup) ?? NONE;
}

function counted(failures: Failures, max: number, nowMs: number): Failures {
  const isForgotten = lastMs(failures) + LOCKS_FORGOTTEN_MS <= nowMs;
  const isNewWindow = failures.count === 0 || failures.sinceMs + FAILURES_WINDOW_MS <= nowMs;
  const locks = isForgotten ? 0 : failures.locks;
  const count = isNewWindow ? 1 : failures.count + 1;
  const sinceMs = isNewWindow ? nowMs : failures.sinceMs;
  if (count < max) return { count, sinceMs, locks, lockedUntilMs: failures.lockedUntilMs };
  const lockMs = Math.min(LOCK_MS.first * 2 ** locks, LOCK_MS.most);
  return { count: 0, sinceMs: nowMs, locks: locks + 1, lockedUntilMs: nowMs + lockMs };
}

function lastMs({ sinceMs, lockedUntilMs }: Failures): number {
  return Math.max(sinceMs, lockedUntilMs);
}
