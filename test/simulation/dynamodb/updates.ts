import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Binding, literal, type Steps, stepsOf, valueAt } from './binding.ts';
import { invalid } from './errors.ts';
import { addNumbers } from './numbers.ts';
import type { Action, SetValue } from './update-syntax.ts';
import { type Item, isSet, membersOf, typeOf } from './values.ts';

/** The item after all actions, each of which sees it as it was before the first. */
export function updated(item: Item, actions: readonly Action[], binding: Binding): Item {
  const changes = actions.map((action) => ({
    path: stepsOf(action.path, binding),
    value: newValue(action, item, binding),
  }));
  const tops = new Map<string, AttributeValue | undefined>();
  for (const { path, value } of inOrder(changes)) {
    const [name = '', ...rest] = path;
    const standing = tops.has(String(name)) ? tops.get(String(name)) : item[name];
    tops.set(String(name), rest.length === 0 ? value : changedWithin(standing, rest, value));
  }
  const next: Record<string, AttributeValue> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined && !tops.has(name)) next[name] = value;
  }
  for (const [name, value] of tops) if (value !== undefined) next[name] = value;
  return next;
}

interface Change {
  readonly path: Steps;
  /** Undefined takes away. */
  readonly value: AttributeValue | undefined;
}

/** Places in lists are those before the update: the last goes first, and sets come before all. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  if (changes.every(({ path }) => path.length === 1)) return changes;
  const places = ({ path }: Change) =>
    Number(path.findLast((step) => typeof step === 'number') ?? 0);
  const removals = changes.filter(({ value }) => value === undefined);
  const sets = changes.filter(({ value }) => value !== undefined);
  return [
    ...sets.toSorted((a, b) => places(a) - places(b)),
    ...removals.toSorted((a, b) => places(b) - places(a)),
  ];
}

function changedWithin(
  value: AttributeValue | undefined,
  [step, ...rest]: Steps,
  given: AttributeValue | undefined,
): AttributeValue {
  if (typeof step === 'number' && value?.L !== undefined) {
    const L = [...value.L];
    const changed = rest.length === 0 ? given : changedWithin(L[step], rest, given);
    if (changed === undefined) L.splice(step, 1);
    else L[Math.min(step, L.length)] = changed;
    return { L };
  }
  if (typeof step === 'string' && value?.M !== undefined) {
    const M = { ...value.M };
    const changed = rest.length === 0 ? given : changedWithin(M[step], rest, given);
    if (changed === undefined) delete M[step];
    else M[step] = changed;
    return { M };
  }
  throw invalid('The document path provided in the update expression is invalid for update');
}

function newValue(action: Action, item: Item, binding: Binding): AttributeValue | undefined {
  switch (action.kind) {
    case 'set':
      return setValue(action.value, item, binding);
    case 'remove':
      return undefined;
    case 'add':
      return added(valueAt(item, action.path, binding), literal(action.value, binding));
    case 'delete':
      return without(valueAt(item, action.path, binding), literal(action.value, binding));
  }
}

function setValue(value: SetValue, item: Item, binding: Binding): AttributeValue {
  switch (value.kind) {
    case 'value':
      return literal(value.name, binding);
    case 'path':
      return found(valueAt(item, value.path, binding));
    case 'if_not_exists':
      return valueAt(item, value.path, binding) ?? setValue(value.otherwise, item, binding);
    case 'list_append': {
      const first = setValue(value.first, item, binding).L;
      const second = setValue(value.second, item, binding).L;
      if (first === undefined || second === undefined) throw wrongType();
      return { L: [...first, ...second] };
    }
    case 'sum': {
      const left = setValue(value.left, item, binding).N;
      const right = setValue(value.right, item, binding).N;
      if (left === undefined || right === undefined) throw wrongType();
      return { N: addNumbers(left, right, value.sign) };
    }
  }
}

function found(value: AttributeValue | undefined): AttributeValue {
  if (value !== undefined) return value;
  throw invalid('The provided expression refers to an attribute that does not exist in the item');
}

function added(standing: AttributeValue | undefined, given: AttributeValue): AttributeValue {
  if (standing === undefined) return given;
  const type = typeOf(standing);
  if (type !== typeOf(given)) throw wrongType();
  if (standing.N !== undefined && given.N !== undefined) {
    return { N: addNumbers(standing.N, given.N, 1) };
  }
  if (!isSet(type)) throw wrongType();
  const members = new Set(membersOf(standing));
  return setOf(standing, given, (member) => !members.has(member));
}

/** A set and those members of another that are to be in it. */
function setOf(
  standing: AttributeValue,
  given: AttributeValue,
  isNew: (member: string) => boolean,
): AttributeValue {
  const names = membersOf(given);
  const fresh = <T>(members: readonly T[]) => members.filter((_, at) => isNew(names[at] ?? ''));
  if (standing.SS !== undefined) return { SS: [...standing.SS, ...fresh(given.SS ?? [])] };
  if (standing.NS !== undefined) return { NS: [...standing.NS, ...fresh(given.NS ?? [])] };
  return { BS: [...(standing.BS ?? []), ...fresh(given.BS ?? [])] };
}

/** An empty set is none. */
function without(
  standing: AttributeValue | undefined,
  given: AttributeValue,
): AttributeValue | undefined {
  if (standing === undefined) return undefined;
  if (typeOf(standing) !== typeOf(given)) throw wrongType();
  const taken = new Set(membersOf(given));
  const names = membersOf(standing);
  const left = <T>(members: readonly T[]) => members.filter((_, at) => !taken.has(names[at] ?? ''));
  if (names.every((member) => taken.has(member))) return undefined;
  if (standing.SS !== undefined) return { SS: left(standing.SS) };
  if (standing.NS !== undefined) return { NS: left(standing.NS) };
  return { BS: left(standing.BS ?? []) };
}

function wrongType(): Error {
  return invalid('An operand in the update expression has an incorrect data type');
}
