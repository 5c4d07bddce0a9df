import { callFunction } from './functions.ts';
import { type Meter, newMeter } from './meter.ts';
import type { Comparator, Node } from './syntax.ts';
import { isFalse, isObject, isSame, kindOf, numberOf } from './values.ts';

interface Run {
  readonly root: unknown;
  readonly meter: Meter;
}

/**
 * The value of an expression: the same for the same document, always. What is missing is null.
 * Throws an `EvaluationProblem` where a function is given what it does not take, and where the
 * meter runs out.
 */
export function evaluate(node: Node, document: unknown, meter: Meter = newMeter()): unknown {
  return reckon({ root: document, meter }, node, document) ?? null;
}

function reckon(run: Run, node: Node, at: unknown): unknown {
  run.meter.spend(1);
  switch (node.kind) {
    case 'current':
      return at;
    case 'root':
      return run.root;
    case 'literal':
      return node.value;
    case 'field':
      return isObject(at) && Object.hasOwn(at, node.name) ? (at[node.name] ?? null) : null;
    case 'index':
      return Array.isArray(at) ? (at.at(node.index) ?? null) : null;
    case 'slice':
      return slice(run, node, at);
    case 'chain': {
      const left = reckon(run, node.left, at);
      return left === null ? null : reckon(run, node.right, left);
    }
    case 'pipe':
      return reckon(run, node.right, reckon(run, node.left, at));
    case 'each':
    case 'each-value':
    case 'filter':
      return project(run, node, reckon(run, node.left, at));
    case 'flatten':
      return flatten(run, reckon(run, node.of, at));
    case 'or': {
      const left = reckon(run, node.left, at);
      return isFalse(left, run.meter) ? reckon(run, node.right, at) : left;
    }
    case 'and': {
      const left = reckon(run, node.left, at);
      return isFalse(left, run.meter) ? left : reckon(run, node.right, at);
    }
    case 'not':
      return isFalse(reckon(run, node.of, at), run.meter);
    case 'compare':
      return compare(run, node.by, reckon(run, node.left, at), reckon(run, node.right, at));
    case 'list':
      return node.items.map((item) => reckon(run, item, at));
    case 'hash':
      return Object.fromEntries(node.pairs.map(([name, of]) => [name, reckon(run, of, at)]));
    case 'expression':
      return (item: unknown) => reckon(run, node.of, item);
    case 'call': {
      const args = node.args.map((arg) => reckon(run, arg, at));
      return callFunction(node.name, args, run.meter);
    }
  }
}

/** The entries that `right` makes something of; null where there is nothing to go through. */
function project(
  run: Run,
  node: Extract<Node, { kind: 'each' | 'each-value' | 'filter' }>,
  base: unknown,
): unknown {
  const entries = node.kind === 'each-value' ? valuesOf(base) : base;
  if (typeof entries === 'string' && isSliced(node)) return reckon(run, node.right, entries);
  if (!Array.isArray(entries)) return null;
  run.meter.spend(entries.length);
  const made: unknown[] = [];
  for (const entry of entries) {
    if (node.kind === 'filter') {
      if (isFalse(reckon(run, node.condition, entry), run.meter)) continue;
    }
    const value = reckon(run, node.right, entry);
    if (value !== null) made.push(value);
  }
  return made;
}

/** A part of a text, which is no list to go through. */
function isSliced({ left }: { readonly left: Node }): boolean {
  return left.kind === 'chain' && left.right.kind === 'slice';
}

function valuesOf(base: unknown): unknown {
  return isObject(base) ? Object.values(base) : null;
}

function flatten({ meter }: Run, list: unknown): unknown {
  if (!Array.isArray(list)) return null;
  meter.spend(list.length);
  meter.spend(list.reduce((sum, item) => sum + (Array.isArray(item) ? item.length : 1), 0));
  return list.flat();
}

function slice({ meter }: Run, node: Extract<Node, { kind: 'slice' }>, at: unknown): unknown {
  if (typeof at === 'string') {
    meter.spend(at.length);
    return sliceOf([...at], node).join('');
  }
  if (!Array.isArray(at)) return null;
  meter.spend(at.length);
  return sliceOf(at, node);
}

function sliceOf(at: readonly unknown[], node: Extract<Node, { kind: 'slice' }>): unknown[] {
  const { step } = node;
  const [low, high] = step > 0 ? [0, at.length] : [-1, at.length - 1];
  const bound = (given: number | null, otherwise: number) => {
    if (given === null) return otherwise;
    return Math.min(Math.max(given < 0 ? given + at.length : given, low), high);
  };
  const start = bound(node.start, step > 0 ? low : high);
  const stop = bound(node.stop, step > 0 ? high : low);
  const made: unknown[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) made.push(at[i]);
  return made;
}

function compare({ meter }: Run, by: Comparator, left: unknown, right: unknown): unknown {
  if (by === '==') return isSame(left, right, meter);
  if (by === '!=') return !isSame(left, right, meter);
  if (kindOf(left) !== 'number' || kindOf(right) !== 'number') return null;
  const [a, b] = [numberOf(left, meter), numberOf(right, meter)];
  switch (by) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}
