import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Binding, literal, valueAt } from './binding.ts';
import type { Comparator, Condition, Operand } from './condition-syntax.ts';
import { areEqual, compare, type Item, latin1, membersOf, typeOf } from './values.ts';

/** Whether the condition holds for the item; where there is none, for one without attributes. */
export function holds(condition: Condition, item: Item, binding: Binding): boolean {
  switch (condition.kind) {
    case 'and':
      return holds(condition.left, item, binding) && holds(condition.right, item, binding);
    case 'or':
      return holds(condition.left, item, binding) || holds(condition.right, item, binding);
    case 'not':
      return !holds(condition.condition, item, binding);
    case 'exists':
      return (valueAt(item, condition.path, binding) !== undefined) === condition.expected;
    case 'type': {
      const value = valueAt(item, condition.path, binding);
      return value !== undefined && typeOf(value) === literal(condition.type, binding).S;
    }
    case 'compare': {
      const left = valueIn(condition.left, item, binding);
      return isSo(condition.comparator, left, valueIn(condition.right, item, binding));
    }
    case 'between': {
      const value = valueIn(condition.operand, item, binding);
      return (
        isSo('>=', value, valueIn(condition.low, item, binding)) &&
        isSo('<=', value, valueIn(condition.high, item, binding))
      );
    }
    case 'in': {
      const value = valueIn(condition.operand, item, binding);
      return condition.options.some((one) => isSo('=', value, valueIn(one, item, binding)));
    }
    case 'begins_with':
    case 'contains': {
      const value = valueIn(condition.operand, item, binding);
      const part = valueIn(condition.part, item, binding);
      if (value === undefined || part === undefined) return false;
      return condition.kind === 'contains' ? contains(value, part) : beginsWith(value, part);
    }
  }
}

function valueIn(operand: Operand, item: Item, binding: Binding): AttributeValue | undefined {
  switch (operand.kind) {
    case 'path':
      return valueAt(item, operand.path, binding);
    case 'value':
      return literal(operand.name, binding);
    case 'size': {
      const value = valueAt(item, operand.path, binding);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

/** Values of different types are not equal, and none is above the other. */
function isSo(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (comparator === '<>')
    return left === undefined || right === undefined || !areEqual(left, right);
  if (left === undefined || right === undefined) return false;
  if (comparator === '=') return areEqual(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function beginsWith(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined && part.S !== undefined) return value.S.startsWith(part.S);
  if (value.B !== undefined && part.B !== undefined) {
    return latin1(value.B).startsWith(latin1(part.B));
  }
  return false;
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined)
    return part.B !== undefined && latin1(value.B).includes(latin1(part.B));
  if (value.L !== undefined) return value.L.some((one) => areEqual(one, part));
  if (`${typeOf(part)}S` !== typeOf(value)) return false;
  const member = part.S ?? part.N ?? latin1(part.B ?? new Uint8Array());
  return membersOf(value).includes(member);
}

/** Undefined for what has no size. */
function sizeOf(value: AttributeValue): number | undefined {
  switch (typeOf(value)) {
    case 'S':
      return value.S?.length;
    case 'B':
      return value.B?.byteLength;
    case 'L':
      return value.L?.length;
    case 'M':
      return Object.keys(value.M ?? {}).length;
    case 'SS':
    case 'NS':
    case 'BS':
      return membersOf(value).length;
    case 'N':
    case 'BOOL':
    case 'NULL':
      return undefined;
  }
}
