import { rememberIn } from '../domain/remember.ts';
import type { Clock } from './ports.ts';

const MINUTE_MS = 60_000;
const NAMES_REMEMBERED_MAX = 1_000;

/** Whether this is one of the first `max` of its name in this minute, as far as one instance knows. */
export function fewAMinute(clock: Pick<Clock, 'nowMs'>, max: number): (name: string) => boolean {
  const known = new Map<string, { readonly minute: number; readonly count: number }>();
  return (name) => {
    const minute = Math.floor(clock.nowMs() / MINUTE_MS);
    const before = known.get(name);
    const count = (before?.minute === minute ? before.count : 0) + 1;
    rememberIn(known, name, { minute, count }, NAMES_REMEMBERED_MAX);
    return count <= max;
  };
}
