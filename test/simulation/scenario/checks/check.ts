import type { Run } from '../run.ts';
import type { Change } from '../watch.ts';

/** Judges a run when it is over; a text is what is wrong. */
export type Check = (run: Run) => string | undefined;

/** Made at the beginning of a run, told of every stored change of a delivery as it is made. */
export type ChangeCheck = (run: Run) => (id: string, change: Change) => string | undefined;

export type Checks = Readonly<Record<string, Check>>;
export type ChangeChecks = Readonly<Record<string, ChangeCheck>>;

/** The first thing that is wrong with any of these. */
export function firstWrong<T>(
  list: Iterable<T>,
  wrongOf: (one: T) => string | undefined,
): string | undefined {
  for (const one of list) {
    const wrong = wrongOf(one);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The reconciler counts a window a second time when it is this old, and then no more. */
const RECOUNTED_MS = 600_000;

/**
 * Whether nobody was promised this event, and nobody sees to it: its publisher answered that it
 * had no time, froze, and stored it when it was woken, long after the time that it is accepted at.
 */
export function isUnpromised({ book, watch }: Pick<Run, 'book' | 'watch'>, eventId: string) {
  const { storedAtMs, acceptedAtMs } = watch.events.get(eventId) ?? {};
  if (book.accepted.has(eventId) || storedAtMs === undefined) return false;
  return storedAtMs - (acceptedAtMs ?? 0) > RECOUNTED_MS - CLOCKS_MS;
}

/** By how much a publisher's clock and the tick's may differ, and a tick be late. */
const CLOCKS_MS = 60_000;
