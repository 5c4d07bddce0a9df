import { deflateRawSync } from 'node:zlib';
import type { Clock } from '../../lib/app/ports.ts';
import type { Answers } from '../../lib/app/ports-calls.ts';
import type { KeptCallAnswer } from '../../lib/domain/call-cache.ts';

const PACKED_BYTES_MAX = 262_144;

/** Kept answers in memory. */
export function fakeAnswers(clock: Pick<Clock, 'nowMs'>): Answers {
  const rows = new Map<string, { readonly answer: KeptCallAnswer; readonly expiresAtMs: number }>();
  return {
    async last(integrationId, key) {
      const row = rows.get(`${integrationId} ${key}`);
      return row && row.expiresAtMs > clock.nowMs() ? structuredClone(row.answer) : undefined;
    },
    async keep(integrationId, key, answer, expiresAtMs) {
      const packed = Math.min(deflateRawSync(answer.body).length, answer.body.length);
      if (packed > PACKED_BYTES_MAX) return 'too-large';
      const row = rows.get(`${integrationId} ${key}`);
      if (row !== undefined && row.answer.storedAtMs > answer.storedAtMs) return 'older';
      rows.set(`${integrationId} ${key}`, structuredClone({ answer, expiresAtMs }));
      return 'kept';
    },
  };
}
