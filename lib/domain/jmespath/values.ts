import { isLongNumber } from '../exact-json.ts';
import type { Meter } from './meter.ts';
import type { Kind } from './signatures.ts';
import { EvaluationProblem } from './syntax.ts';

/** Deeper than any event may be; a value can be made deeper by nesting it again and again. */
const DEPTH_MAX = 200;

/** What a value is. A long number is a number. */
export function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return isLongNumber(value) ? 'number' : 'object';
  if (typeof value === 'number') return 'number';
  return typeof value === 'string' ? 'string' : 'boolean';
}

/** The nearest double of a number. */
export function numberOf(value: unknown, meter: Meter): number {
  if (!isLongNumber(value)) return Number(value);
  meter.spendText(value.rawJSON.length);
  return Number(value.rawJSON);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return kindOf(value) === 'object';
}

/** How many members an object has. Each is paid for: they are counted one by one. */
export function sizeOf(value: object, meter: Meter): number {
  const size = Object.keys(value).length;
  meter.spend(size);
  return size;
}

/** Null, false and what is empty. */
export function isFalse(value: unknown, meter: Meter): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && sizeOf(value, meter) === 0;
}

export function isSame(a: unknown, b: unknown, meter: Meter, depth = 0): boolean {
  meter.spend(1);
  if (depth > DEPTH_MAX) throw tooDeep();
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (kind === 'number') return sameNumber(a, b, meter);
  if (typeof a === 'string') meter.spendText(a.length);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => isSame(item, b[i], meter, depth + 1));
  }
  if (isObject(a) && isObject(b)) {
    return (
      sizeOf(a, meter) === sizeOf(b, meter) &&
      Object.keys(a).every(
        (name) => Object.hasOwn(b, name) && isSame(a[name], b[name], meter, depth + 1),
      )
    );
  }
  return a === b;
}

function sameNumber(a: unknown, b: unknown, meter: Meter): boolean {
  if (!isLongNumber(a) && !isLongNumber(b)) return a === b;
  for (const one of [a, b]) if (isLongNumber(one)) meter.spendText(one.rawJSON.length);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A value as JSON. It is measured first: a small expression can name one value very often. */
export function jsonText(value: unknown, meter: Meter): string {
  measure(value, meter, 0);
  return JSON.stringify(value) ?? 'null';
}

function measure(value: unknown, meter: Meter, depth: number): void {
  meter.spend(1);
  if (depth > DEPTH_MAX) throw tooDeep();
  if (typeof value === 'string') meter.spendText(value.length);
  if (isLongNumber(value)) meter.spendText(value.rawJSON.length);
  if (Array.isArray(value)) {
    for (const item of value) measure(item, meter, depth + 1);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      meter.spendText(name.length);
      measure(item, meter, depth + 1);
    }
  }
}

function tooDeep(): EvaluationProblem {
  return new EvaluationProblem(`a value is nested deeper than ${DEPTH_MAX}`);
}
