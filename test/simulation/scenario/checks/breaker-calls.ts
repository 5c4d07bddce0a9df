import type { Breaker, BreakerSign } from '../../../../lib/domain/breaker.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { BreakerChange, Look } from '../breaker-watch.ts';

/**
 * Whether a target was called that was not to be called. Judged by what the caller knew: whoever
 * was shown an open breaker, and nothing else for long enough, may call only as a probe; its own
 * requests about that breaker tell it as well. So an index that lags, a board that does not answer
 * and one that is five seconds old need no tolerance of their own. What remains:
 *
 * - `ON_THE_WAY_MS`: between asking the breaker and the request stand a claim and the reading of
 *   the event, each with the client's own retries. A call that comes later than this after the
 *   breaker opened was not on its way then.
 * - What was last shown `KNOWN_MS` ago may have been forgotten, by a clock that jumps.
 */
const ON_THE_WAY_MS = 25_000;
const KNOWN_MS = 25_000;
/** The board is asked at most this long before a call, and on its way. */
const FRESH_MS = 5_000;
const SECOND_MS = 1_000;

/** Calls to one target, with all that was stored of its breaker and shown to its callers. */
export interface CallsSeen {
  readonly breakerId: string;
  readonly calls: readonly Entry[];
  readonly changes: readonly BreakerChange[];
  looksOf(process: string): readonly Look[];
}

export function wrongCall(seen: CallsSeen): string | undefined {
  const probes = new Map<number, number>();
  for (const call of seen.calls) {
    const stale = wrongLook(seen, call);
    if (stale !== undefined) return stale;
    const shut = shutAround(seen.changes, call.atMs);
    if (shut === undefined || !knewOf(seen, call, shut.pauseUntilMs)) continue;
    const at = `${call.from} at ${call.atMs}, delivery ${call.headers['breakwater-delivery']}`;
    if (shut.pauseUntilMs !== undefined) return `called in a pause that was asked for: ${at}`;
    if (shut.halfOpen.length === 0) return `called while it was open: ${at}`;
    // On its way it may have seen the end of one half-open time and the beginning of another.
    if (shut.halfOpen.length > 1) continue;
    for (const version of shut.halfOpen) probes.set(version, (probes.get(version) ?? 0) + 1);
  }
  for (const [version, count] of probes) {
    const leases = leasesOf(seen.changes, version);
    if (count > leases) return `${count} probes with ${leases} leases of version ${version}`;
  }
  return undefined;
}

interface Shut {
  /** The half-open times that it has seen, by their versions. */
  readonly halfOpen: readonly number[];
  /** Nothing was to be sent until then, whatever the state. */
  readonly pauseUntilMs: number | undefined;
}

/** How the target was shut all the time from when the call may have been decided; or it was not. */
function shutAround(changes: readonly BreakerChange[], atMs: number): Shut | undefined {
  const first = changes.findLastIndex((change) => change.atMs <= atMs - ON_THE_WAY_MS);
  if (first < 0) return undefined;
  const standing = changes
    .slice(first)
    .filter((change) => change.atMs <= atMs)
    .flatMap(({ after }) => (after === undefined ? [] : [after]));
  const pauses = standing.map(({ notBeforeMs }) => notBeforeMs);
  const pauseUntilMs = Math.min(...pauses);
  // By whose clock is looked at later; here only whether it is one pause all the time.
  if (pauseUntilMs > atMs && pauses.every((ms) => ms === pauseUntilMs)) {
    return { halfOpen: [], pauseUntilMs };
  }
  if (!standing.every(isShut)) return undefined;
  const halfOpen = standing.filter(({ state }) => state === 'half-open');
  return {
    halfOpen: [...new Set(halfOpen.map(({ version }) => version))],
    pauseUntilMs: undefined,
  };
}

function isShut({ state }: Pick<Breaker, 'state'>): boolean {
  return state === 'open' || state === 'half-open' || state === 'forced-open';
}

/** What an instance learned of one breaker, and when. */
type Seen = Pick<Look, 'atMs' | 'ownMs'> & { readonly sign: BreakerSign | undefined };

/** Whether all that the caller was shown or told, since it may have decided, was that it is shut. */
function knewOf(seen: CallsSeen, call: Entry, pauseUntilMs: number | undefined): boolean {
  const ownMs = Number(call.headers['webhook-timestamp']) * SECOND_MS;
  if (pauseUntilMs !== undefined && ownMs + SECOND_MS >= pauseUntilMs) return false;
  const shown = seen
    .looksOf(call.from)
    .filter((look) => look.atMs <= call.atMs)
    .flatMap((look): readonly Seen[] => {
      const { atMs, ownMs } = look;
      if (look.kind === 'shown') return [{ atMs, ownMs, sign: look.signs?.get(seen.breakerId) }];
      const isOfIt = look.kind === 'told' && look.id === seen.breakerId;
      return isOfIt ? [{ atMs, ownMs, sign: look.sign }] : [];
    });
  const first = shown.findLastIndex(({ atMs }) => atMs <= call.atMs - ON_THE_WAY_MS);
  const oldest = shown[first];
  if (oldest === undefined) return false;
  const isKnown =
    call.atMs - oldest.atMs < ON_THE_WAY_MS + KNOWN_MS &&
    ownMs - oldest.ownMs < ON_THE_WAY_MS + KNOWN_MS;
  if (!isKnown) return false;
  return shown.slice(first).every(({ sign }) => {
    if (pauseUntilMs !== undefined) return sign?.notBeforeMs === pauseUntilMs;
    return sign !== undefined && isShut(sign);
  });
}

/** How many places among the probes were ever taken in this half-open time. */
function leasesOf(changes: readonly BreakerChange[], version: number): number {
  const owners = changes
    .filter(({ after }) => after?.version === version)
    .flatMap(({ after }) => after?.halfOpen?.leases ?? [])
    .map(({ owner }) => owner);
  return new Set(owners).size;
}

/**
 * Who calls has asked for the board not long before, by the true time or by its own: a clock that
 * jumps back makes what is old look new. An answer counts as well, for one may be thawed with it.
 * Tolerated is a question that is still out: nobody waits long for a store that does not answer.
 */
function wrongLook(seen: CallsSeen, call: Entry): string | undefined {
  const ownMs = Number(call.headers['webhook-timestamp']) * SECOND_MS;
  const mostMs = FRESH_MS + ON_THE_WAY_MS;
  const looks = seen
    .looksOf(call.from)
    .filter(({ kind, atMs }) => kind !== 'told' && atMs <= call.atMs);
  const isFresh =
    looks.at(-1)?.kind === 'asked' ||
    looks.some((look) => call.atMs - look.atMs <= mostMs || ownMs - look.ownMs <= mostMs);
  return isFresh ? undefined : `${call.from} called at ${call.atMs} without a look at the board`;
}
