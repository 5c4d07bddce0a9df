import type { KeyRates, LockOuts, SignaturesSeen } from '../../lib/app/ports-keys.ts';
import { keyRate } from '../../lib/domain/api-key-rate.ts';
import type { LockOut } from '../../lib/domain/lock-out.ts';
import { callsLeft } from '../../lib/domain/rate-limit.ts';

export function fakeKeyRates(): KeyRates {
  const rows = new Map<string, number>();
  return {
    async take(bucket, limit, count, nowMs) {
      const rate = keyRate(limit);
      const nowUs = nowMs * 1000;
      const knownUs = rows.get(bucket) ?? 0;
      const granted = Math.min(count, callsLeft(rate, knownUs, nowUs));
      const usedUpUs = granted > 0 ? Math.max(knownUs, nowUs) + granted * rate.callUs : knownUs;
      rows.set(bucket, usedUpUs);
      return { granted: Math.max(granted, 0), usedUpUs };
    },
  };
}

export function fakeLockOuts(): LockOuts {
  const rows = new Map<string, { readonly value: LockOut; readonly version: number }>();
  return {
    async load(network) {
      return structuredClone(rows.get(network)) ?? { value: undefined, version: 0 };
    },
    async save(network, value, version) {
      if ((rows.get(network)?.version ?? 0) !== version) return 'stale';
      rows.set(network, structuredClone({ value, version: version + 1 }));
      return 'saved';
    },
  };
}

export function fakeSignaturesSeen(): SignaturesSeen {
  const rows = new Map<string, number>();
  return {
    async note(signatureId, untilMs, nowMs) {
      const standingMs = rows.get(signatureId);
      if (standingMs !== undefined && standingMs > nowMs) return 'again';
      rows.set(signatureId, untilMs);
      return 'first';
    },
  };
}
