/** The dice of every fault, of the local run and of the simulation: the same seed, the same fate. */

/** What goes wrong, and how much of it, in [0, 1): what that means is the fault's. */
export interface Drawn {
  readonly kind: string;
  readonly amount: number;
}

/** How likely each kind is, each time it is possible; one that is left out never happens. */
export type Rates = Readonly<Record<string, number>>;

/** Which of `kinds` happens at the n-th visit to a place, from 1; by nothing but these and a seed. */
export type Dice = (place: string, n: number, kinds: readonly string[]) => Drawn | undefined;

export function dice(seed: number, rates: Rates): Dice {
  const known = new Map(
    Object.entries(rates).map(([kind, rate]) => [kind, { rate, hash: hashOf(kind) }]),
  );
  return (place, n, kinds) => {
    let name: number | undefined;
    for (const kind of kinds) {
      const chance = known.get(kind);
      if (chance === undefined || chance.rate === 0) continue;
      name ??= hashOf(place);
      const unit = unitOf(seed, name ^ chance.hash, n);
      // The throw that was low enough is, as a share of the rate, as even as any.
      if (unit < chance.rate) return { kind, amount: unit / chance.rate };
    }
    return undefined;
  };
}

/** Spreads every bit of the input over the output (the finalizer of MurmurHash3). */
export function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a: short texts with little in common but their beginning come out apart. */
export function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return h >>> 0;
}

/** In [0, 1), the same for the same three numbers. */
export function unitOf(seed: number, name: number, counter: number): number {
  const high = mixed(mixed(seed ^ 0x9e3779b9) ^ mixed(name) ^ Math.imul(counter, 0x9e3779b1));
  const low = mixed(high ^ mixed(counter + 0x7f4a7c15) ^ name);
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
}
