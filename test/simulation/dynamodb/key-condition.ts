import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Binding, literal, nameOf } from './binding.ts';
import type { Condition, Operand } from './condition-syntax.ts';
import { invalid } from './errors.ts';
import type { KeyAttribute, KeySpec } from './table-spec.ts';
import { keyToken } from './values.ts';

/** A stretch of one partition, in tokens. */
export interface Stretch {
  readonly partition: string;
  /** The first and the last token that can lie in it; one of the two may be out of it itself. */
  readonly from: string;
  readonly to: string;
  isBelow(sort: string): boolean;
  isAbove(sort: string): boolean;
}

/** What a KeyConditionExpression asks for: one partition, and at most one test of the sort key. */
export function stretchOf(condition: Condition, keys: KeySpec, binding: Binding): Stretch {
  const terms = termsOf(condition).map((term) => ({ term, name: subjectOf(term, binding) }));
  const [hash, ...more] = terms.filter(({ name }) => name === keys.partition.name);
  const ranges = terms.filter(({ name }) => name !== keys.partition.name);
  if (hash === undefined || more.length > 0 || ranges.length > 1) {
    throw invalid('Query condition missed key schema element, or has too many conditions');
  }
  if (hash.term.kind !== 'compare' || hash.term.comparator !== '=') {
    throw invalid('Query key condition not supported');
  }
  const partition = tokenOf(hash.term.right, keys.partition, binding);
  const [range] = ranges;
  if (range === undefined) return { partition, ...WHOLE };
  if (keys.sort === undefined || range.name !== keys.sort.name) {
    throw invalid(`Query condition missed key schema element: ${keys.sort?.name}`);
  }
  return { partition, ...rangeOf(range.term, keys.sort, binding) };
}

type Range = Omit<Stretch, 'partition'>;
type Term = Extract<Condition, { kind: 'compare' | 'between' | 'begins_with' | 'contains' }>;

/** Above every token: no token has two of its last units in a row. */
const LAST = '\uffff\uffff';
const WHOLE = between('', LAST);

/** Both inclusive. */
function between(from: string, to: string): Range {
  return { from, to, isBelow: (sort) => sort < from, isAbove: (sort) => sort > to };
}

function termsOf(condition: Condition): readonly Term[] {
  switch (condition.kind) {
    case 'and':
      return [...termsOf(condition.left), ...termsOf(condition.right)];
    case 'compare':
    case 'between':
    case 'begins_with':
      return [condition];
    case 'contains':
    case 'or':
    case 'not':
    case 'in':
    case 'exists':
    case 'type':
      throw invalid(`Invalid operator used in KeyConditionExpression: ${condition.kind}`);
  }
}

function subjectOf(term: Term, binding: Binding): string {
  const subject = term.kind === 'compare' ? term.left : term.operand;
  if (subject.kind === 'path' && subject.path.rest.length === 0) {
    return nameOf(subject.path.top, binding);
  }
  throw invalid('KeyConditionExpressions must have the key attribute as their first operand');
}

function rangeOf(term: Term, key: KeyAttribute, binding: Binding): Range {
  switch (term.kind) {
    case 'between': {
      const low = tokenOf(term.low, key, binding);
      const high = tokenOf(term.high, key, binding);
      return between(low, high);
    }
    case 'contains':
    case 'begins_with': {
      if (key.type === 'N') throw invalid('begins_with does not support the operand type N');
      const prefix = tokenOf(term.part, key, binding);
      return between(prefix, `${prefix}${LAST}`);
    }
    case 'compare': {
      const bound = tokenOf(term.right, key, binding);
      switch (term.comparator) {
        case '=':
          return between(bound, bound);
        case '<':
          return { ...between('', bound), isAbove: (sort) => sort >= bound };
        case '<=':
          return between('', bound);
        case '>':
          return { ...between(bound, LAST), isBelow: (sort) => sort <= bound };
        case '>=':
          return between(bound, LAST);
        case '<>':
          throw invalid('Unsupported operator on KeyCondition: <>');
      }
    }
  }
}

function tokenOf(operand: Operand, key: KeyAttribute, binding: Binding): string {
  if (operand.kind !== 'value') throw invalid('Invalid condition in KeyConditionExpression');
  const value = literal(operand.name, binding);
  if (value[key.type] === undefined) {
    throw invalid('Condition parameter type does not match schema type');
  }
  if (isEmpty(value)) throw invalid(`An empty value is not valid for the key ${key.name}`);
  return keyToken(value);
}

function isEmpty(value: AttributeValue): boolean {
  return value.S === '' || value.B?.byteLength === 0;
}
