import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from './errors.ts';
import { storedItem } from './stored.ts';
import type { Path, TypeRule, Uses } from './syntax.ts';
import { compare, type Item, TYPE_NAMES, typeOf } from './values.ts';

/** What stands for an expression's aliases in one request. */
export interface Binding {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

export interface Aliases {
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

const NOTHING: Binding = { names: {}, values: {} };

/** The aliases of a request: each that is used is there, each that is there is used. */
export function bind(aliases: Aliases, uses: readonly Uses[]): Binding {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: given } = aliases;
  if (uses.length === 0) {
    if (names === undefined && given === undefined) return NOTHING;
    throw invalid('ExpressionAttribute parameters can only be specified when using expressions');
  }
  const values = given === undefined ? {} : storedItem(given);
  checkAll(
    'ExpressionAttributeNames',
    '#',
    names,
    uses.map((one) => one.names),
  );
  checkAll(
    'ExpressionAttributeValues',
    ':',
    given,
    uses.map((one) => one.values),
  );
  for (const { rules } of uses) for (const rule of rules) checkRule(rule, values);
  return { names: names ?? {}, values };
}

function checkAll(
  what: string,
  sign: string,
  given: Readonly<Record<string, unknown>> | undefined,
  used: readonly ReadonlySet<string>[],
): void {
  let count = 0;
  for (const alias in given) {
    count++;
    if (!alias.startsWith(sign)) throw invalid(`${what} contains invalid key: "${alias}"`);
    if (!used.some((aliases) => aliases.has(alias))) {
      throw invalid(`Value provided in ${what} unused in expressions: keys: {${alias}}`);
    }
  }
  if (given !== undefined && count === 0) throw invalid(`${what} must not be empty`);
  for (const aliases of used) {
    for (const alias of aliases) {
      if (given?.[alias] === undefined) {
        throw invalid(`An expression attribute used in expression is not defined: ${alias}`);
      }
    }
  }
}

function checkRule({ value, operator, types, upper }: TypeRule, values: Item): void {
  const given = values[value];
  if (given === undefined) return;
  if (!types.has(typeOf(given))) {
    throw invalid(`Incorrect operand type for operator or function: ${operator} ${typeOf(given)}`);
  }
  if (operator === 'attribute_type' && !TYPE_NAMES.has(given.S ?? '')) {
    throw invalid(`Invalid attribute type name found; type: ${given.S}`);
  }
  const high = upper === undefined ? undefined : values[upper];
  if (high === undefined) return;
  const order = compare(given, high);
  if (order === undefined || order > 0) {
    throw invalid(
      'The BETWEEN operator requires bounds of one type, the upper not below the lower',
    );
  }
}

export function nameOf(written: string, { names }: Binding): string {
  return written.startsWith('#') ? (names[written] ?? written) : written;
}

export function literal(name: string, { values }: Binding): AttributeValue {
  const value = values[name];
  if (value === undefined) throw invalid(`${name} is not defined`);
  return value;
}

/** A path without aliases: names and places in lists. */
export type Steps = readonly (string | number)[];

export function stepsOf({ top, rest }: Path, binding: Binding): Steps {
  const first = nameOf(top, binding);
  if (rest.length === 0) return [first];
  return [first, ...rest.map((one) => (typeof one === 'string' ? nameOf(one, binding) : one))];
}

export function valueAt(item: Item, path: Path, binding: Binding): AttributeValue | undefined {
  let value = item[nameOf(path.top, binding)];
  for (const step of path.rest) {
    if (value === undefined) return undefined;
    value = typeof step === 'number' ? value.L?.[step] : value.M?.[nameOf(step, binding)];
  }
  return value;
}

/** Refuses paths of which one is another, or lies inside it. */
export function checkOverlap(paths: readonly Steps[], kind: string): void {
  if (paths.every((path) => path.length === 1)) {
    if (new Set(paths.map(([name]) => name)).size === paths.length) return;
  } else if (!paths.some((one, at) => paths.some((two, n) => n !== at && isWithin(one, two)))) {
    return;
  }
  throw invalid(`Invalid ${kind}: Two document paths overlap with each other`);
}

function isWithin(inner: Steps, outer: Steps): boolean {
  if (inner.length < outer.length) return false;
  return outer.every((step, at) => {
    const other = inner[at];
    if (typeof step !== typeof other) {
      throw invalid('Two document paths conflict with each other');
    }
    return step === other;
  });
}
