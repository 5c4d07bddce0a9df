import { type Path, type Reader, readerOf, type Uses } from './syntax.ts';

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'size'; readonly path: Path };

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: 'between';
      readonly operand: Operand;
      readonly low: Operand;
      readonly high: Operand;
    }
  | { readonly kind: 'in'; readonly operand: Operand; readonly options: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly expected: boolean }
  | { readonly kind: 'type'; readonly path: Path; readonly type: string }
  | {
      readonly kind: 'begins_with' | 'contains';
      readonly operand: Operand;
      readonly part: Operand;
    };

export interface ParsedCondition {
  readonly condition: Condition;
  readonly uses: Uses;
}

const COMPARATORS: ReadonlySet<string> = new Set<Comparator>(['=', '<>', '<', '<=', '>', '>=']);
const ORDERED: ReadonlySet<string> = new Set(['S', 'N', 'B']);
const TEXTS: ReadonlySet<string> = new Set(['S', 'B']);
const STRING: ReadonlySet<string> = new Set(['S']);
const OPTIONS_MAX = 100;

export function parseCondition(kind: string, text: string): ParsedCondition {
  const reader = readerOf(kind, text);
  const condition = either(reader);
  reader.end();
  return { condition, uses: reader.uses };
}

function either(reader: Reader): Condition {
  let left = both(reader);
  while (reader.takesWord('OR')) left = { kind: 'or', left, right: both(reader) };
  return left;
}

function both(reader: Reader): Condition {
  let left = negated(reader);
  while (reader.takesWord('AND')) left = { kind: 'and', left, right: negated(reader) };
  return left;
}

function negated(reader: Reader): Condition {
  if (reader.takesWord('NOT')) return { kind: 'not', condition: negated(reader) };
  return reader.peek() === '(' ? group(reader) : simple(reader);
}

/** Conditions that have parentheses of their own. */
const grouped = new WeakSet<Condition>();

function group(reader: Reader): Condition {
  reader.expect('(');
  const condition = either(reader);
  if (grouped.has(condition)) throw reader.error('The expression has redundant parentheses;');
  reader.expect(')');
  grouped.add(condition);
  return condition;
}

function simple(reader: Reader): Condition {
  if (reader.isFunction() && reader.peek() !== 'size') return test(reader);
  const operand = operandOf(reader);
  if (reader.takesWord('BETWEEN')) {
    const low = ordered(reader, 'BETWEEN', operandOf(reader));
    if (!reader.takesWord('AND')) throw reader.unexpected();
    const high = ordered(reader, 'BETWEEN', operandOf(reader));
    if (low.kind === 'value' && high.kind === 'value') {
      const [value, upper] = [low.name, high.name];
      reader.rule({ value, operator: 'BETWEEN', types: ORDERED, upper });
    }
    return { kind: 'between', operand: ordered(reader, 'BETWEEN', operand), low, high };
  }
  if (reader.takesWord('IN')) return { kind: 'in', operand, options: options(reader) };
  const comparator = reader.next();
  if (!isComparator(comparator)) throw reader.unexpected();
  const right = operandOf(reader);
  if (comparator !== '=' && comparator !== '<>') {
    ordered(reader, comparator, operand);
    ordered(reader, comparator, right);
  }
  // As written: an alias of the same name is not seen through.
  if (right.kind === 'path' && JSON.stringify(right) === JSON.stringify(operand)) {
    throw reader.error('The first operand must be distinct from the remaining operands;');
  }
  return { kind: 'compare', comparator, left: operand, right };
}

function isComparator(token: string): token is Comparator {
  return COMPARATORS.has(token);
}

function ordered(reader: Reader, operator: string, operand: Operand): Operand {
  if (operand.kind === 'value') reader.rule({ value: operand.name, operator, types: ORDERED });
  return operand;
}

function options(reader: Reader): readonly Operand[] {
  reader.expect('(');
  const found = [operandOf(reader)];
  while (reader.takes(',')) found.push(operandOf(reader));
  if (found.length > OPTIONS_MAX) throw reader.error('Too many operands for IN;');
  reader.expect(')');
  return found;
}

function test(reader: Reader): Condition {
  const name = reader.next();
  reader.expect('(');
  const found = testOf(reader, name);
  reader.expect(')');
  return found;
}

function testOf(reader: Reader, name: string): Condition {
  switch (name) {
    case 'attribute_exists':
      return { kind: 'exists', path: reader.path(), expected: true };
    case 'attribute_not_exists':
      return { kind: 'exists', path: reader.path(), expected: false };
    case 'attribute_type': {
      const path = reader.path();
      reader.expect(',');
      const type = reader.value();
      reader.rule({ value: type, operator: name, types: STRING });
      return { kind: 'type', path, type };
    }
    case 'begins_with':
    case 'contains': {
      const operand = operandOf(reader);
      reader.expect(',');
      const part = operandOf(reader);
      for (const one of name === 'begins_with' ? [operand, part] : []) {
        if (one.kind === 'value') reader.rule({ value: one.name, operator: name, types: TEXTS });
      }
      return { kind: name, operand, part };
    }
    default:
      throw reader.error(`Invalid function name; function: ${name}`);
  }
}

function operandOf(reader: Reader): Operand {
  if (reader.isValue()) return { kind: 'value', name: reader.value() };
  if (!reader.isFunction()) return { kind: 'path', path: reader.path() };
  const name = reader.next();
  if (name !== 'size') throw reader.error(`The function is not allowed here; function: ${name}`);
  reader.expect('(');
  const path = reader.path();
  reader.expect(')');
  return { kind: 'size', path };
}

/** Every path that a condition looks at. */
export function conditionPaths(condition: Condition): readonly Path[] {
  const pathsIn = (...operands: readonly Operand[]) =>
    operands.flatMap((one) => (one.kind === 'value' ? [] : one.path));
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...conditionPaths(condition.left), ...conditionPaths(condition.right)];
    case 'not':
      return conditionPaths(condition.condition);
    case 'exists':
    case 'type':
      return [condition.path];
    case 'compare':
      return pathsIn(condition.left, condition.right);
    case 'between':
      return pathsIn(condition.operand, condition.low, condition.high);
    case 'in':
      return pathsIn(condition.operand, ...condition.options);
    case 'begins_with':
    case 'contains':
      return pathsIn(condition.operand, condition.part);
  }
}
