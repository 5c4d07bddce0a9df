import type { Clock } from './ports.ts';

/** Entries, and heads in digests, that one request looks at, at most. */
export const VERIFIED_MAX = 10_000;
/** However few they are: an entry may weigh as much as 200 KB. */
export const VERIFIED_BYTES_MAX = 32_000_000;
/** The function has 29 seconds; what has been begun by then, such as a digest, is looked at whole. */
export const VERIFIED_MS_MAX = 10_000;

/** What one request may still look at; spent, the next one goes on where it stopped. */
export interface Room {
  /** Never less than one: whoever has begun gets on. */
  entries(): number;
  take(entries: number, bytes?: number): void;
  isSpent(): boolean;
}

export function roomFor({ nowMs }: Pick<Clock, 'nowMs'>): Room {
  const untilMs = nowMs() + VERIFIED_MS_MAX;
  let [entries, bytes] = [VERIFIED_MAX, VERIFIED_BYTES_MAX];
  return {
    entries: () => Math.max(1, entries),
    take(seen, weight = 0) {
      entries -= seen;
      bytes -= weight;
    },
    isSpent: () => entries <= 0 || bytes <= 0 || nowMs() >= untilMs,
  };
}

export function bytesOf(rows: readonly { readonly text: string }[]): number {
  return rows.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}
