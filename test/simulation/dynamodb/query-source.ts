import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { checkOverlap, type Steps } from './binding.ts';
import { invalid } from './errors.ts';
import type { IndexView } from './index-view.ts';
import type { Site } from './items.ts';
import type { Shelf } from './shelf.ts';
import type { KeySpec } from './table-spec.ts';

/** What is read: the table, or an index of it. */
export interface Source {
  readonly table: KeySpec;
  readonly keys: KeySpec;
  readonly shelf: Shelf;
  readonly index: IndexView | undefined;
}

export function sourceOf(
  { table, nowMs }: Pick<Site, 'table' | 'nowMs'>,
  input: QueryCommandInput,
): Source {
  const { spec } = table;
  if (input.IndexName === undefined) {
    return { table: spec, keys: spec, shelf: table.shelf, index: undefined };
  }
  const index = table.indexes.get(input.IndexName);
  if (index === undefined) {
    throw invalid(`The table does not have the specified index: ${input.IndexName}`);
  }
  if (input.ConsistentRead === true) {
    throw invalid('Consistent reads are not supported on global secondary indexes');
  }
  index.settle(nowMs);
  return { table: spec, keys: index.spec, shelf: index.shelf, index };
}

/** Refuses to be asked for what the index does not hold, or for two things at once. */
export function checkSelection(
  { Select }: QueryCommandInput,
  { index, table }: Source,
  paths: readonly Steps[] | undefined,
): void {
  if (Select === undefined && paths === undefined) return;
  if (paths !== undefined) checkOverlap(paths, 'ProjectionExpression');
  if (Select !== undefined && paths !== undefined && Select !== 'SPECIFIC_ATTRIBUTES') {
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${Select}`);
  }
  if (Select === 'SPECIFIC_ATTRIBUTES' && paths === undefined) {
    throw invalid('Must specify the ProjectionExpression when choosing SPECIFIC_ATTRIBUTES');
  }
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when querying using an IndexName');
  }
  if (index === undefined || index.spec.project === 'all') return;
  const keys = [table.partition, table.sort, index.spec.partition, index.spec.sort];
  const known = new Set([...index.spec.project, ...keys.map((key) => key?.name)]);
  const missing = (paths ?? []).find(([name]) => !known.has(String(name)));
  if (Select === 'ALL_ATTRIBUTES' || missing !== undefined) {
    throw invalid(`Global secondary index ${index.spec.name} does not project all attributes`);
  }
}
