import type { Arrival } from '../receiver.ts';

/** What became of events that were accepted. */
export interface Tally {
  readonly accepted: number;
  readonly arrived: number;
  readonly lost: number;
  /** Events that came more than once, and requests beyond the first in all. */
  readonly twice: number;
  readonly surplus: number;
  /** Arrived without an accept that was answered: the answer was lost with the process. */
  readonly unanswered: number;
}

export function tally(accepted: ReadonlySet<string>, arrivals: readonly Arrival[]): Tally {
  const expected = arrivals.filter(({ id }) => accepted.has(id));
  return {
    accepted: accepted.size,
    arrived: expected.length,
    lost: accepted.size - expected.length,
    twice: arrivals.filter(({ times }) => times > 1).length,
    surplus: arrivals.reduce((sum, { times }) => sum + times - 1, 0),
    unanswered: arrivals.length - expected.length,
  };
}

/** The first arrival of the last one to come. */
export function lastArrivalMs(arrivals: readonly Arrival[]): number {
  return Math.max(...arrivals.map(({ firstAtMs }) => firstAtMs));
}
