import type { QueryCommandInput, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { bind, nameOf, stepsOf } from './binding.ts';
import { consumed, readUnits } from './capacity.ts';
import { conditionPaths } from './condition-syntax.ts';
import { holds } from './conditions.ts';
import { invalid } from './errors.ts';
import { filterExpression, keyConditionExpression, projectionExpression } from './expressions.ts';
import { parsed, type Site } from './items.ts';
import { stretchOf } from './key-condition.ts';
import { projected } from './projections.ts';
import { keyOf, rowsOf } from './query-rows.ts';
import { checkSelection, sourceOf } from './query-source.ts';
import { versionAt } from './shelf.ts';
import type { Item } from './values.ts';

const PAGE_BYTES_MAX = 1_024 * 1_024;

export function query(
  { table, nowMs, ageMs, spend }: Site,
  input: QueryCommandInput,
): Omit<QueryCommandOutput, '$metadata'> {
  const source = sourceOf({ table, nowMs }, input);
  const filter = parsed(input.FilterExpression, filterExpression);
  const projection = parsed(input.ProjectionExpression, projectionExpression);
  if (input.KeyConditionExpression === undefined) {
    throw invalid('Either the KeyConditions or KeyConditionExpression parameter must be specified');
  }
  const { condition, uses } = keyConditionExpression(input.KeyConditionExpression);
  const binding = bind(input, [uses, ...[filter, projection].flatMap((one) => one?.uses ?? [])]);
  const stretch = stretchOf(condition, source.keys, binding);
  for (const { top } of filter === undefined ? [] : conditionPaths(filter.condition)) {
    const name = nameOf(top, binding);
    if (name === source.keys.partition.name || name === source.keys.sort?.name) {
      throw invalid(`Filter Expression can only contain non-primary key attributes: ${name}`);
    }
  }
  const paths = projection?.paths.map((path) => stepsOf(path, binding));
  checkSelection(input, source, paths);
  const { Limit = Number.POSITIVE_INFINITY } = input;
  if (Limit < 1) throw invalid('Limit must be greater than or equal to 1');

  const isConsistent = input.ConsistentRead === true;
  const asOfMs = isConsistent ? nowMs : nowMs - ageMs();
  const found: Item[] = [];
  let [count, scanned, bytes] = [0, 0, 0];
  let last: Item | undefined;
  for (const row of rowsOf(source, stretch, input)) {
    const version = versionAt(row, asOfMs);
    if (version.item === undefined) continue;
    scanned++;
    bytes += version.bytes;
    if (filter === undefined || holds(filter.condition, version.item, binding)) {
      count++;
      if (input.Select !== 'COUNT') {
        found.push(paths ? projected(version.item, paths) : version.item);
      }
    }
    if (scanned >= Limit || bytes >= PAGE_BYTES_MAX) {
      last = version.item;
      break;
    }
  }
  const units = readUnits(bytes, isConsistent);
  const { index } = source;
  const all = index
    ? { table: 0, indexes: { [index.spec.name]: units } }
    : { table: units, indexes: {} };
  spend('read', all);
  return {
    ...(input.Select !== 'COUNT' && { Items: found }),
    Count: count,
    ScannedCount: scanned,
    ...(last && { LastEvaluatedKey: keyOf(last, [source.keys, table.spec]) }),
    ...consumed(input.ReturnConsumedCapacity, table.spec.name, all),
  };
}
