import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from './errors.ts';
import { canonicalNumber } from './numbers.ts';
import { type Item, latin1, TYPE_NAMES } from './values.ts';

const DEPTH_MAX = 32;

/**
 * A caller's values as they are stored: a copy of its own, every number in its one form. Throws
 * what DynamoDB throws at a value that it does not take.
 */
export function storedItem(given: Record<string, AttributeValue>): Item {
  const item: Record<string, AttributeValue> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) item[name] = storedValue(value, 1);
  }
  return item;
}

export function storedValue(given: AttributeValue, depth = 1): AttributeValue {
  if (depth > DEPTH_MAX) throw invalid('Nesting Levels have exceeded supported limits');
  if (given.S !== undefined && hasOne(given)) return { S: given.S };
  if (given.N !== undefined && hasOne(given)) return { N: canonicalNumber(given.N) };
  if (!hasOne(given)) {
    throw invalid('Supplied AttributeValue has more than one datatypes set, or none of them');
  }
  if (given.B !== undefined) return { B: new Uint8Array(given.B) };
  if (given.BOOL !== undefined) return { BOOL: given.BOOL };
  if (given.NULL !== undefined) return storedNull(given.NULL);
  if (given.L !== undefined) return { L: given.L.map((one) => storedValue(one, depth + 1)) };
  if (given.M !== undefined) return { M: storedMap(given.M, depth) };
  if (given.SS !== undefined) return { SS: distinct(given.SS, (one) => one) };
  if (given.NS !== undefined) {
    return { NS: distinct(given.NS.map(canonicalNumber), (one) => one) };
  }
  return {
    BS: distinct(
      (given.BS ?? []).map((one) => new Uint8Array(one)),
      latin1,
    ),
  };
}

function hasOne(given: AttributeValue): boolean {
  let types = 0;
  for (const type in given) {
    if (!TYPE_NAMES.has(type)) return false;
    types++;
  }
  return types === 1;
}

function storedNull(given: boolean): AttributeValue {
  if (!given) throw invalid('Null attribute value types must have the value of true');
  return { NULL: true };
}

function storedMap(given: Record<string, AttributeValue>, depth: number) {
  const map: Record<string, AttributeValue> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) map[name] = storedValue(value, depth + 1);
  }
  return map;
}

function distinct<T>(members: T[], textOf: (member: T) => string): T[] {
  if (members.length === 0) throw invalid('An set may not be empty');
  if (new Set(members.map(textOf)).size < members.length) {
    throw invalid('Input collection contains duplicates.');
  }
  return members;
}
