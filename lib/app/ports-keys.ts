import type { RateLimit } from '../domain/api-key.ts';
import type { LockOut } from '../domain/lock-out.ts';

/** What the check of keys needs from the world besides the keys. */

export interface KeyRates {
  /**
   * Takes up to `count` requests out of the bucket, as many as are in it; `usedUpUs` says how the
   * bucket stands then. Never more is granted, over all callers together, than the limit allows.
   */
  take(
    bucket: string,
    limit: RateLimit,
    count: number,
    nowMs: number,
  ): Promise<{ readonly granted: number; readonly usedUpUs: number }>;
}

export interface LockOuts {
  /** Version 0 where nothing is known of the network. */
  load(network: string): Promise<{ readonly value: LockOut | undefined; readonly version: number }>;
  /** Saves over exactly the version that was loaded. */
  save(network: string, value: LockOut, version: number): Promise<'saved' | 'stale'>;
}

export interface SignaturesSeen {
  /** 'first' to one caller only until `untilMs`; 'again' to every other. */
  note(signatureId: string, untilMs: number, nowMs: number): Promise<'first' | 'again'>;
}
