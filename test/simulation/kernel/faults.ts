import { type Drawn, dice, hashOf, type Rates, unitOf } from '../../../lib/local/faults/dice.ts';

/** One thing that goes wrong, at a place that is the same in every run that gets there. */
export interface Fault extends Drawn {
  /** A place and which time it was reached, from 1: `deliver/2#17`. */
  readonly at: string;
}

/** Decides what goes wrong; the one way in which anything does. */
export interface Faults {
  /** Which of these kinds happens here now, if any; each time it is asked is another one. */
  ask(place: string, kinds: readonly string[]): Fault | undefined;
  /** What has gone wrong so far, in order. */
  readonly happened: readonly Fault[];
}

/** Decides by dice; the same for the same seed, place and time that it was reached. */
export function randomFaults(seed: number, rates: Rates): Faults {
  const draw = dice(seed, rates);
  return counting((place, n, possible) => {
    const drawn = draw(place, n, possible);
    return drawn && { at: `${place}#${n}`, ...drawn };
  });
}

/** Lets happen what is listed and nothing else. */
export function listedFaults(list: readonly Fault[]): Faults {
  const byPlace = Map.groupBy(list, ({ at }) => at);
  if (byPlace.size === 0) return { ask: () => undefined, happened: [] };
  return counting((place, n, possible) =>
    byPlace.get(`${place}#${n}`)?.find(({ kind }) => possible.includes(kind)),
  );
}

/** A random half of the rates, the others zero: faults that hide each other are then met alone. */
export function swarm(seed: number, rates: Rates): Rates {
  return Object.fromEntries(
    Object.entries(rates).map(([kind, rate]) => [
      kind,
      unitOf(seed, hashOf(kind), 0) < 0.5 ? 0 : rate,
    ]),
  );
}

type Decide = (place: string, n: number, kinds: readonly string[]) => Fault | undefined;

function counting(decide: Decide): Faults {
  const times = new Map<string, number>();
  const happened: Fault[] = [];
  return {
    happened,
    ask(place, kinds) {
      const n = (times.get(place) ?? 0) + 1;
      times.set(place, n);
      const fault = decide(place, n, kinds);
      if (fault !== undefined) happened.push(fault);
      return fault;
    },
  };
}

/** As it stands in a trace and in a report. */
export function faultText({ at, kind, amount }: Fault): string {
  return `${kind} at ${at} (${amount.toFixed(3)})`;
}
