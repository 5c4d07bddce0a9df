import type { Meter } from './meter.ts';
import { EvaluationProblem } from './syntax.ts';
import { kindOf, numberOf } from './values.ts';

type Apply = (item: unknown) => unknown;
interface Keyed {
  readonly item: unknown;
  readonly key: number | string;
}

/** The list in ascending order of its entries, or of what `by` makes of them; ties stay put. */
export function sorted(list: readonly unknown[], by: Apply | undefined, meter: Meter): unknown[] {
  const keyed = keysOf(list, by, meter);
  return keyed.sort((a, b) => order(a.key, b.key)).map(({ item }) => item);
}

/** The first of the greatest (1) or the smallest (-1); null of an empty list. */
export function extreme(
  list: readonly unknown[],
  by: Apply | undefined,
  direction: 1 | -1,
  meter: Meter,
): unknown {
  const [first, ...others] = keysOf(list, by, meter);
  if (first === undefined) return null;
  const better = (best: Keyed, next: Keyed) =>
    order(next.key, best.key) * direction > 0 ? next : best;
  return others.reduce(better, first).item;
}

/** All numbers or all strings: anything else has no order. Pays for the sorting, too. */
function keysOf(list: readonly unknown[], by: Apply | undefined, meter: Meter): Keyed[] {
  meter.spend(list.length * Math.ceil(Math.log2(list.length + 2)));
  const keys = list.map((item) => (by === undefined ? item : by(item)));
  const kinds = new Set(keys.map(kindOf));
  const [kind = 'number'] = kinds;
  if (kinds.size > 1 || (kind !== 'number' && kind !== 'string')) {
    throw new EvaluationProblem('only numbers can be put in order, or only strings');
  }
  const chars = keys.reduce<number>(
    (sum, key) => sum + (typeof key === 'string' ? key.length : 0),
    0,
  );
  meter.spendText(chars * Math.ceil(Math.log2(list.length + 2)));
  return list.map((item, i) => {
    const key = keys[i];
    return { item, key: typeof key === 'string' ? key : numberOf(key, meter) };
  });
}

/** Strings by their UTF-16 units, the same on every machine. */
function order(a: number | string, b: number | string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
