const MINUTE_MS = 60_000;

/** The same items, beginning with another each minute, so that none is for ever the last. */
export function turned<T>(items: readonly T[], nowMs: number): readonly T[] {
  const first = items.length === 0 ? 0 : Math.floor(nowMs / MINUTE_MS) % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
