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
export function numberOf(value: unknown): number {
  return Number(isLongNumber(value) ? value.rawJSON : value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return kindOf(value) === 'object';
}

/** Null, false and what is empty. */
export function isFalse(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

export function isSame(a: unknown, b: unknown, meter: Meter, depth = 0): boolean {
  meter.spend(1);
  if (depth > DEPTH_MAX) throw tooDeep();
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (kind === 'number') return sameNumber(a, b);
  if (typeof a === 'string') meter.spendText(a.length);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => isSame(item, b[i], meter, depth + 1));
  }
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name], meter, depth + 1))
    );
  }
  return a === b;
}

function sameNumber(a: unknown, b: unknown): boolean {
  const isExact = typeof a === 'object' || typeof b === 'object';
  return isExact ? JSON.stringify(a) === JSON.stringify(b) : a === b;
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
