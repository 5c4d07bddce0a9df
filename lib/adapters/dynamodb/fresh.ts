import type { Clock } from '../../app/ports.ts';
import { rememberIn } from '../../domain/remember.ts';

/**
 * Reads that may be up to `freshMs` old, counted from when they began; many callers share one.
 * A read that fails is not kept, nor, with `keepsNothing` false, one that found nothing. Who asks
 * with a `freshMs` of its own gets nothing older than that, and so does everybody after it.
 */
export function freshReads<V>(
  read: (key: string) => Promise<V>,
  limits: {
    readonly freshMs: number;
    readonly entriesMax: number;
    readonly keepsNothing?: false;
  },
  clock: Pick<Clock, 'nowMs'>,
): (key: string, freshMs?: number) => Promise<V> {
  const entries = new Map<string, { readonly sinceMs: number; readonly value: Promise<V> }>();
  return (key, freshMs = limits.freshMs) => {
    const nowMs = clock.nowMs();
    const entry = entries.get(key);
    if (entry !== undefined && nowMs - entry.sinceMs < freshMs) return entry.value;
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
