/** Waits that grow: at most min(maxMs, initialMs · factor^(n-1)) before retry n. */
export interface RetryBackoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** The longest wait after attempt `made`, in milliseconds; finite for any number of attempts. */
export function backoffMs({ initialMs, factor, maxMs }: RetryBackoff, made: number): number {
  if (initialMs === 0) return 0;
  return Math.min(maxMs, initialMs * factor ** (made - 1));
}
