import { networkOf } from '../domain/cidr.ts';
import { afterFailure, type LockOut, lockedUntilMs } from '../domain/lock-out.ts';
import { rememberIn } from '../domain/remember.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { LockOuts } from './ports-keys.ts';

export interface LockOutDeps {
  readonly lockOuts: LockOuts;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Pick<Telemetry, 'warn' | 'count'>;
}

/** Races of failures of one network at the same moment; more are counted here alone. */
const RACES_MAX = 3;
const NETWORKS_REMEMBERED_MAX = 10_000;

/**
 * Who may not try keys for now. An instance knows of what failed here, and reads what failed
 * elsewhere only when something fails here: one who gives a good key causes no request.
 */
export function keyLockOuts(deps: LockOutDeps) {
  const known = new Map<string, LockOut>();

  const note = async (network: string, lookup: string, nowMs: number): Promise<LockOut> => {
    for (let race = 0; race < RACES_MAX; race++) {
      const { value, version } = await deps.lockOuts.load(network);
      const next = afterFailure(value, lookup, nowMs);
      if (next === value || (await deps.lockOuts.save(network, next, version)) === 'saved') {
        return next;
      }
    }
    return afterFailure(known.get(network), lookup, nowMs);
  };

  return {
    /** How long this source may not try this key, good lately or not; undefined: it may. */
    lockedMs(
      sourceIp: string,
      lookup: string,
      nowMs: number,
      wasGood: boolean,
    ): number | undefined {
      const untilMs = lockedUntilMs(known.get(networkOf(sourceIp)), lookup, nowMs, wasGood);
      return untilMs === undefined ? undefined : untilMs - nowMs;
    },

    /** Counts a wrong key; returns how long the source is locked, if it is one too many. */
    async failed(sourceIp: string, lookup: string, nowMs: number): Promise<number | undefined> {
      const network = networkOf(sourceIp);
      let next: LockOut;
      try {
        next = await note(network, lookup, nowMs);
      } catch (error) {
        // Each instance then counts for itself; a wrong key stays wrong meanwhile.
        deps.telemetry.warn('key.lock-out-not-kept', { error });
        deps.telemetry.count('AuthStoreFailures');
        next = afterFailure(known.get(network), lookup, nowMs);
      }
      rememberIn(known, network, next, NETWORKS_REMEMBERED_MAX);
      const untilMs = lockedUntilMs(next, lookup, nowMs);
      return untilMs === undefined ? undefined : untilMs - nowMs;
    },
  };
}
