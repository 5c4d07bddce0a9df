const MINUTE_MS = 60_000;
/** The golden ratio's fraction: its multiples leave no large gap between them, however many. */
const GOLDEN = 0.618_033_988_749_895;

/**
 * The same items, beginning each minute far from where it began in the minutes before: where a
 * minute is enough for a tenth of them only, each has its turn within twenty minutes all the same.
 */
export function turned<T>(items: readonly T[], nowMs: number): readonly T[] {
  const first = Math.floor(((Math.floor(nowMs / MINUTE_MS) * GOLDEN) % 1) * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
