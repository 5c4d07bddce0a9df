import { type Breaker, type BreakerRef, type BreakerSign, newBreaker } from '../domain/breaker.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { within } from './within.ts';

export interface BoardDeps {
  readonly breakers: Pick<Breakers, 'board'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The troubled breakers as this function instance knows them: what is not here is well. */
export interface BreakerBoard {
  /** Sees to it that the board is no older than five seconds, if its store answers. Never throws. */
  refresh(): Promise<void>;
  sign(ref: BreakerRef): BreakerSign | undefined;
  /** What this instance wrote or read itself, ahead of the next look at the store. */
  learn(sign: BreakerSign): void;
}

const FRESH_MS = 5_000;
/** A board of so many is read half as often: reading it is what grows with its length. */
const LONG_BOARD = 2_000;
const FRESH_MS_MAX = 30_000;
/** Nobody waits longer for the store. */
const WAIT_MS = 250;
/** The store gone, this long the last known state holds; then everything passes. */
const KNOWN_MS = 60_000;
/** An index may lag by this much behind what was written. */
const LAG_MS = 3_000;

interface Known {
  readonly sign: BreakerSign;
  readonly learnedAtMs: number;
}

export function breakerBoard(deps: BoardDeps): BreakerBoard {
  const { clock, telemetry } = deps;
  let known = new Map<string, Known>();
  let seenAtMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let calledAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const atMs = clock.nowMs();
    askedAtMs = atMs;
    try {
      const signs = await deps.breakers.board();
      // Overtaken by a later question.
      if (atMs < seenAtMs) return;
      known = merged(known, signs, atMs);
      seenAtMs = atMs;
    } catch (error) {
      telemetry.count('BreakerStoreFailures');
      telemetry.warn('breakers.unavailable', { error });
    } finally {
      if (askedAtMs === atMs) asking = undefined;
    }
  }

  return {
    async refresh() {
      const nowMs = clock.nowMs();
      // Frozen with its question out, an instance may hear an answer that is as old.
      const wasAway = nowMs - calledAtMs >= FRESH_MS;
      calledAtMs = nowMs;
      const freshMs = Math.min(FRESH_MS * (1 + known.size / LONG_BOARD), FRESH_MS_MAX);
      if (nowMs - askedAtMs >= freshMs && (asking === undefined || wasAway)) asking = ask();
      // Later callers go on with what is known, once the first has waited long enough.
      if (asking === undefined || nowMs - askedAtMs >= WAIT_MS) return;
      await within(clock, WAIT_MS, asking, () => {});
    },
    sign(ref) {
      const nowMs = clock.nowMs();
      const entry = known.get(boardKey(ref));
      if (entry === undefined) return undefined;
      return nowMs - Math.max(entry.learnedAtMs, seenAtMs) > KNOWN_MS ? undefined : entry.sign;
    },
    learn(sign) {
      const key = boardKey(sign);
      // An answer that was overtaken on its way says nothing new.
      if ((known.get(key)?.sign.version ?? 0) > sign.version) return;
      known.set(key, { sign, learnedAtMs: clock.nowMs() });
    },
  };
}

/** What the store shows, but for what was learned since it could have shown it. */
function merged(
  known: ReadonlyMap<string, Known>,
  signs: readonly BreakerSign[],
  atMs: number,
): Map<string, Known> {
  const next = new Map(signs.map((sign) => [boardKey(sign), { sign, learnedAtMs: atMs }]));
  for (const [key, own] of known) {
    const shown = next.get(key)?.sign.version ?? -1;
    const isRecent = own.learnedAtMs > atMs - LAG_MS;
    if (isRecent && own.sign.version >= shown) next.set(key, own);
  }
  return next;
}

export function boardKey({ integrationId, target }: BreakerRef): string {
  return `${integrationId}~${target}`;
}

/** The breaker as the board has it; well, where it has none. */
export function signOn(board: Pick<BreakerBoard, 'sign'>, ref: BreakerRef): BreakerSign {
  return board.sign(ref) ?? signOf(newBreaker(ref));
}

/** What the board shows of a breaker. */
export function signOf(breaker: Breaker): BreakerSign {
  const { tenant, integrationId, target, state, version, sinceMs } = breaker;
  const { openUntilMs, notBeforeMs, suspectSinceMs, slowUntilMs } = breaker;
  return {
    ...{ tenant, integrationId, target, state, version, sinceMs },
    ...{ openUntilMs, notBeforeMs, suspectSinceMs, slowUntilMs },
  };
}
