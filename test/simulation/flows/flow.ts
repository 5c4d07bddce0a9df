import { type CrashStory, played } from '../crash/crash-story.ts';
import type { Fault, Faults } from '../kernel/faults.ts';
import { listedFaults } from '../kernel/faults.ts';
import type { Report } from '../kernel/simulate.ts';

/**
 * One promise from its beginning to its end, in a setting that a random story rarely comes to. It
 * is told as the stories of `crash` are, but nobody is killed: what it asks for is strict.
 */
export interface Flow {
  /** The promise. */
  readonly name: string;
  readonly run: () => Promise<Report>;
}

type Told = Omit<CrashStory, 'name' | 'kills'>;

export function flow(
  name: string,
  told: Told,
  faults: () => Faults = () => listedFaults([]),
): Flow {
  return { name, run: () => played({ name, kills: [], ...told }, faults()) };
}

/** A weakness that is always there, in some places; what it does is no excuse for anything. */
export interface Trouble {
  readonly kind: string;
  /** Which times it happens of all that the place is reached, from 1; each, where it is absent. */
  readonly times?: (n: number) => boolean;
  readonly places: RegExp;
  readonly amount?: number;
}

export function troubled({ kind, times = () => true, places, amount = 0 }: Trouble): Faults {
  const reached = new Map<string, number>();
  return {
    // What is listed here would be an excuse.
    happened: [],
    ask(place, kinds): Fault | undefined {
      if (!places.test(place) || !kinds.includes(kind)) return undefined;
      const n = (reached.get(place) ?? 0) + 1;
      reached.set(place, n);
      return times(n) ? { at: `${place}#${n}`, kind, amount } : undefined;
    },
  };
}

/** The first of these troubles that is there. */
export function anyOf(...all: readonly Faults[]): Faults {
  return {
    happened: [],
    ask(place, kinds) {
      for (const faults of all) {
        const fault = faults.ask(place, kinds);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
}
