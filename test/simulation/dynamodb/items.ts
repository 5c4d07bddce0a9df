import type {
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { bind, checkOverlap, type Steps, stepsOf } from './binding.ts';
import { consumed, readUnits, type Units } from './capacity.ts';
import { holds } from './conditions.ts';
import { conditionFailed, invalid } from './errors.ts';
import { conditionExpression, projectionExpression, updateExpression } from './expressions.ts';
import { placeOfItem, placeOfKey } from './keys.ts';
import { projected } from './projections.ts';
import { versionAt } from './shelf.ts';
import { storedItem } from './stored.ts';
import type { Table } from './table.ts';
import type { ParsedUpdate } from './update-syntax.ts';
import { updated } from './updates.ts';
import type { Item } from './values.ts';

/** Where and when a request is carried out; `ageMs` is how far behind an inconsistent read is. */
export interface Site {
  readonly table: Table;
  readonly nowMs: number;
  readonly ageMs: () => number;
  /** Notes the units. */
  readonly spend: (kind: 'read' | 'write', units: Units) => void;
}

/** Items in it are those that are stored: copying each would cost more than the read. */
type Answer<T> = Omit<T, '$metadata'>;

export function getItem(
  { table, nowMs, ageMs, spend }: Site,
  input: GetItemCommandInput,
): Answer<GetItemCommandOutput> {
  const projection = parsed(input.ProjectionExpression, projectionExpression);
  const binding = bind(input, projection === undefined ? [] : [projection.uses]);
  const paths = projection?.paths.map((path) => stepsOf(path, binding));
  if (paths !== undefined) checkOverlap(paths, 'ProjectionExpression');
  const row = table.shelf.get(placeOfKey(storedItem(input.Key ?? {}), table.spec));
  const isConsistent = input.ConsistentRead === true;
  const found = row && (isConsistent ? row : versionAt(row, nowMs - ageMs()));
  const units = { table: readUnits(found?.bytes ?? 0, isConsistent), indexes: {} };
  spend('read', units);
  const capacity = consumed(input.ReturnConsumedCapacity, table.spec.name, units);
  if (found?.item === undefined) return capacity;
  return { Item: paths ? projected(found.item, paths) : found.item, ...capacity };
}

export function putItem(
  { table, nowMs, spend }: Site,
  input: PutItemCommandInput,
): Answer<PutItemCommandOutput> {
  const condition = parsed(input.ConditionExpression, conditionExpression);
  const binding = bind(input, condition === undefined ? [] : [condition.uses]);
  const item = storedItem(input.Item ?? {});
  const place = placeOfItem(item, table.spec, MISSING_KEY);
  const returned = returnsOf(input.ReturnValues, ['NONE', 'ALL_OLD']);
  const before = table.shelf.get(place)?.item;
  if (condition && !holds(condition.condition, before ?? {}, binding)) throw conditionFailed();
  const units = table.write(place, item, nowMs);
  spend('write', units);
  return {
    ...(returned === 'ALL_OLD' && before && { Attributes: before }),
    ...consumed(input.ReturnConsumedCapacity, table.spec.name, units),
  };
}

export function deleteItem(
  { table, nowMs, spend }: Site,
  input: DeleteItemCommandInput,
): Answer<DeleteItemCommandOutput> {
  const condition = parsed(input.ConditionExpression, conditionExpression);
  const binding = bind(input, condition === undefined ? [] : [condition.uses]);
  const place = placeOfKey(storedItem(input.Key ?? {}), table.spec);
  const returned = returnsOf(input.ReturnValues, ['NONE', 'ALL_OLD']);
  const before = table.shelf.get(place)?.item;
  if (condition && !holds(condition.condition, before ?? {}, binding)) throw conditionFailed();
  const units = before ? table.write(place, undefined, nowMs) : { table: 1, indexes: {} };
  spend('write', units);
  return {
    ...(returned === 'ALL_OLD' && before && { Attributes: before }),
    ...consumed(input.ReturnConsumedCapacity, table.spec.name, units),
  };
}

export function updateItem(
  { table, nowMs, spend }: Site,
  input: UpdateItemCommandInput,
): Answer<UpdateItemCommandOutput> {
  const condition = parsed(input.ConditionExpression, conditionExpression);
  const update = parsed(input.UpdateExpression, updateExpression) ?? NO_UPDATE;
  const uses = [
    ...(condition ? [condition.uses] : []),
    ...(update === NO_UPDATE ? [] : [update.uses]),
  ];
  const binding = bind(input, uses);
  const paths = update.actions.map(({ path }) => stepsOf(path, binding));
  checkOverlap(paths, 'UpdateExpression');
  const key = storedItem(input.Key ?? {});
  const place = placeOfKey(key, table.spec);
  for (const [name = ''] of paths) {
    if (key[name] === undefined) continue;
    throw invalid(`Cannot update attribute ${name}. This attribute is part of the key`);
  }
  const returned = returnsOf(input.ReturnValues, UPDATE_RETURNS);
  const before = table.shelf.get(place)?.item;
  if (condition && !holds(condition.condition, before ?? {}, binding)) throw conditionFailed();
  const after = updated(before ?? key, update.actions, binding);
  const units = table.write(place, after, nowMs);
  spend('write', units);
  const Attributes = returnedOf(returned, before, after, paths);
  return {
    ...(Attributes && { Attributes }),
    ...consumed(input.ReturnConsumedCapacity, table.spec.name, units),
  };
}

const MISSING_KEY =
  'One or more parameter values were invalid: Missing the key, or of another type';
const NO_UPDATE: ParsedUpdate = {
  actions: [],
  uses: { names: new Set(), values: new Set(), rules: [] },
};
const UPDATE_RETURNS = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'];

/** Nothing where nothing of the kind was. */
function returnedOf(
  returned: string,
  before: Item | undefined,
  after: Item,
  paths: readonly Steps[],
): Item | undefined {
  if (returned === 'ALL_NEW') return after;
  if (returned === 'ALL_OLD') return before;
  if (returned === 'NONE') return undefined;
  const part = projected((returned === 'UPDATED_NEW' ? after : before) ?? {}, paths);
  return Object.keys(part).length > 0 ? part : undefined;
}

function returnsOf(asked: string | undefined, allowed: readonly string[]): string {
  if (asked === undefined) return 'NONE';
  if (!allowed.includes(asked)) throw invalid(`Return values set to invalid value: ${asked}`);
  return asked;
}

export function parsed<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}
