import { includesText, splitText } from '../text-search.ts';
import type { Meter } from './meter.ts';
import { extreme, sorted } from './ordering.ts';
import { type FunctionName, parameter } from './signatures.ts';
import { EvaluationProblem } from './syntax.ts';
import { isObject, isSame, jsonText, kindOf, numberOf, sizeOf } from './values.ts';

type Apply = (item: unknown) => unknown;
type Bag = Readonly<Record<string, unknown>>;

/** Calls a function with arguments of the right number. A wrong kind is an `EvaluationProblem`. */
export function callFunction(name: FunctionName, args: readonly unknown[], meter: Meter): unknown {
  args.forEach((value, i) => {
    meter.spend(Array.isArray(value) ? value.length : 1);
    const rule = parameter(name, i);
    if (fits(rule, value)) return;
    const wanted = typeof rule === 'string' ? `a list of ${rule}` : rule.join(' or ');
    const given = Array.isArray(value) && typeof rule === 'string' ? 'another list' : kindOf(value);
    throw new EvaluationProblem(`${name}() takes ${wanted} as argument ${i + 1}, not ${given}`);
  });
  return FUNCTIONS[name](args, meter);
}

function fits(rule: ReturnType<typeof parameter>, value: unknown): boolean {
  if (rule === 'any' || rule === 'expression') return true;
  if (rule === 'numbers' || rule === 'strings') {
    const wanted = rule === 'numbers' ? 'number' : 'string';
    return Array.isArray(value) && value.every((item) => kindOf(item) === wanted);
  }
  return rule.includes(kindOf(value));
}

/** The arguments fit their signatures by then: the casts below say what was checked. */
type Run = (args: readonly unknown[], meter: Meter) => unknown;

const FUNCTIONS: Readonly<Record<FunctionName, Run>> = {
  abs: ([n], meter) => Math.abs(numberOf(n, meter)),
  avg: ([list], meter) => average(list as unknown[], meter),
  ceil: ([n], meter) => Math.ceil(numberOf(n, meter)),
  contains: ([where, what], meter) =>
    Array.isArray(where)
      ? where.some((item) => isSame(item, what, meter))
      : typeof what === 'string' && includesText(text(where, meter), text(what, meter)),
  ends_with: ([whole, end], meter) => text(whole, meter).endsWith(String(end)),
  floor: ([n], meter) => Math.floor(numberOf(n, meter)),
  from_items: ([pairs]) => Object.fromEntries((pairs as unknown[]).map(pair)),
  items: ([bag], meter) => spent(Object.entries(bag as Bag), meter),
  join: ([glue, parts], meter) => join(String(glue), parts as string[], meter),
  keys: ([bag], meter) => spent(Object.keys(bag as Bag), meter),
  length: ([value], meter) => lengthOf(value, meter),
  lower: ([value], meter) => text(value, meter).toLowerCase(),
  map: ([apply, list]) => (list as unknown[]).map((item) => (apply as Apply)(item)),
  max: ([list], meter) => extreme(list as unknown[], undefined, 1, meter),
  max_by: ([list, by], meter) => extreme(list as unknown[], by as Apply, 1, meter),
  merge: (bags, meter) => {
    const entries = bags.flatMap((bag) => spent(Object.entries(bag as Bag), meter));
    return Object.fromEntries(entries);
  },
  min: ([list], meter) => extreme(list as unknown[], undefined, -1, meter),
  min_by: ([list, by], meter) => extreme(list as unknown[], by as Apply, -1, meter),
  not_null: (values) => values.find((value) => value !== null) ?? null,
  replace: ([whole, old, by], meter) => {
    return join(String(by), split(String(whole), String(old), meter), meter);
  },
  reverse: ([value], meter) =>
    Array.isArray(value) ? value.toReversed() : chars(value, meter).reverse().join(''),
  sort: ([list], meter) => sorted(list as unknown[], undefined, meter),
  sort_by: ([list, by], meter) => sorted(list as unknown[], by as Apply, meter),
  split: ([whole, by], meter) => split(String(whole), String(by), meter),
  starts_with: ([whole, start], meter) => text(whole, meter).startsWith(String(start)),
  sum: ([list], meter) => sumOf(list as unknown[], meter),
  to_array: ([value]) => (Array.isArray(value) ? value : [value]),
  to_number: ([value], meter) => toNumber(value, meter),
  to_string: ([value], meter) => (typeof value === 'string' ? value : jsonText(value, meter)),
  trim: ([value], meter) => text(value, meter).trim(),
  type: ([value]) => kindOf(value),
  upper: ([value], meter) => text(value, meter).toUpperCase(),
  values: ([bag], meter) => spent(Object.values(bag as Bag), meter),
};

function text(value: unknown, meter: Meter): string {
  meter.spendText(String(value).length);
  return String(value);
}

function spent<T>(list: T[], meter: Meter): T[] {
  meter.spend(list.length);
  return list;
}

/** By code points, so that no character is cut in two. */
function chars(value: unknown, meter: Meter): string[] {
  meter.spend(String(value).length);
  return [...String(value)];
}

function sumOf(list: readonly unknown[], meter: Meter): number {
  return list.reduce<number>((sum, n) => sum + numberOf(n, meter), 0);
}

function average(list: readonly unknown[], meter: Meter): number | null {
  return list.length === 0 ? null : sumOf(list, meter) / list.length;
}

function lengthOf(value: unknown, meter: Meter): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? sizeOf(value, meter) : chars(value, meter).length;
}

function join(glue: string, parts: readonly string[], meter: Meter): string {
  const glued = glue.length * Math.max(parts.length - 1, 0);
  meter.spendText(parts.reduce((sum, part) => sum + part.length, glued));
  return parts.join(glue);
}

/** An empty separator splits between the characters. */
function split(whole: string, by: string, meter: Meter): string[] {
  if (by === '') return chars(whole, meter);
  meter.spendText(whole.length + by.length);
  return spent(splitText(whole, by), meter);
}

function pair(item: unknown): readonly [string, unknown] {
  if (Array.isArray(item) && item.length === 2 && typeof item[0] === 'string') {
    return [item[0], item[1]];
  }
  throw new EvaluationProblem('from_items() takes a list of pairs, each a string and a value');
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

function toNumber(value: unknown, meter: Meter): unknown {
  if (kindOf(value) === 'number') return value;
  if (typeof value !== 'string' || !JSON_NUMBER.test(text(value, meter))) return null;
  return Number.isFinite(Number(value)) ? Number(value) : null;
}
