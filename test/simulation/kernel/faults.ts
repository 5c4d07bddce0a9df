import { hashOf, unitOf } from './draws.ts';

/** One thing that goes wrong, at a place that is the same in every run that gets there. */
export interface Fault {
  /** A place and which time it was reached, from 1: `deliver/2#17`. */
  readonly at: string;
  readonly kind: string;
  /** How much of it, in [0, 1): what that means is the place's. */
  readonly amount: number;
}

/** Decides what goes wrong; the one way in which anything does. */
export interface Faults {
  /** Which of these kinds happens here now, if any; each time it is asked is another one. */
  ask(place: string, kinds: readonly string[]): Fault | undefined;
  /** What has gone wrong so far, in order. */
  readonly happened: readonly Fault[];
}

/** How likely each kind is, each time it is possible; one that is left out never happens. */
export type Rates = Readonly<Record<string, number>>;

/** Decides by dice; the same for the same seed, place and time that it was reached. */
export function randomFaults(seed: number, rates: Rates): Faults {
  const kinds = new Map(
    Object.entries(rates).map(([kind, rate]) => [kind, { rate, hash: hashOf(kind) }]),
  );
  return counting((place, n, possible) => {
    let name: number | undefined;
    for (const kind of possible) {
      const known = kinds.get(kind);
      if (known === undefined || known.rate === 0) continue;
      name ??= hashOf(place);
      const unit = unitOf(seed, name ^ known.hash, n);
      // The throw that was low enough is, as a share of the rate, as even as any.
      if (unit < known.rate) return { at: `${place}#${n}`, kind, amount: unit / known.rate };
    }
    return undefined;
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
