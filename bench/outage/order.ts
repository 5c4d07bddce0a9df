/** How far a drain kept the order of age, and how fast it went. */
export interface Order {
  /** Pairs that came the younger one first, as a share of all pairs. By chance it were 0.5. */
  readonly inversions: number;
  /** The most places that a delivery came too early or too late. */
  readonly displacement: number;
}

/** `ages` are the times of acceptance, in the order of arrival; equal ones have no order. */
export function orderOf(ages: readonly number[]): Order {
  const pairs = (ages.length * (ages.length - 1)) / 2;
  return {
    inversions: pairs === 0 ? 0 : inversionsOf(ages).count / pairs,
    displacement: displacementOf(ages),
  };
}

/** Sorts by merging, and counts what had to change places. */
function inversionsOf(values: readonly number[]): { sorted: readonly number[]; count: number } {
  if (values.length < 2) return { sorted: values, count: 0 };
  const middle = values.length >> 1;
  const left = inversionsOf(values.slice(0, middle));
  const right = inversionsOf(values.slice(middle));
  const sorted: number[] = [];
  let count = left.count + right.count;
  let i = 0;
  for (const value of right.sorted) {
    for (let next = left.sorted[i]; next !== undefined && next <= value; next = left.sorted[i]) {
      sorted.push(next);
      i += 1;
    }
    count += left.sorted.length - i;
    sorted.push(value);
  }
  return { sorted: [...sorted, ...left.sorted.slice(i)], count };
}

function displacementOf(ages: readonly number[]): number {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [place, age] of ages.toSorted((a, b) => a - b).entries()) {
    if (!first.has(age)) first.set(age, place);
    last.set(age, place);
  }
  let most = 0;
  for (const [place, age] of ages.entries()) {
    most = Math.max(most, (first.get(age) ?? place) - place, place - (last.get(age) ?? place));
  }
  return most;
}

/** The most of these instants that lie within any span of `ms`; ascending. */
export function mostWithin(instants: readonly number[], ms: number): number {
  let most = 0;
  let from = 0;
  for (const [i, instant] of instants.entries()) {
    while ((instants[from] ?? instant) <= instant - ms) from += 1;
    most = Math.max(most, i - from + 1);
  }
  return most;
}
