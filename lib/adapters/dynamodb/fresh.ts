import type { Clock } from '../../app/ports.ts';

/** Sets an entry as the newest; the oldest goes where there are more than `max`. */
export function rememberIn<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > max && oldest.done !== true) map.delete(oldest.value);
}

/**
 * Reads that may be up to `freshMs` old, counted from when they began; many callers share one.
 * A read that fails is not kept, nor, with `keepsNothing` false, one that found nothing.
 */
export function freshReads<V>(
  read: (key: string) => Promise<V>,
  limits: {
    readonly freshMs: number;
    readonly entriesMax: number;
    readonly keepsNothing?: false;
  },
  clock: Pick<Clock, 'nowMs'>,
): (key: string) => Promise<V> {
  const entries = new Map<string, { readonly sinceMs: number; readonly value: Promise<V> }>();
  return (key) => {
    const nowMs = clock.nowMs();
    const entry = entries.get(key);
    if (entry !== undefined && nowMs - entry.sinceMs < limits.freshMs) return entry.value;
    const value = read(key);
    rememberIn(entries, key, { sinceMs: nowMs, value }, limits.entriesMax);
    const forget = () => {
      if (entries.get(key)?.value === value) entries.delete(key);
    };
    value.then((found) => {
      if (found === undefined && limits.keepsNothing === false) forget();
    }, forget);
    return value;
  };
}
