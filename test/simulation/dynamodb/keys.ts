import { invalid } from './errors.ts';
import type { Place } from './shelf.ts';
import type { KeyAttribute, KeySpec, TableSpec } from './table-spec.ts';
import { type Item, keyToken } from './values.ts';

const PARTITION_BYTES_MAX = 2_048;
const SORT_BYTES_MAX = 1_024;
export const ITEM_BYTES_MAX = 400 * 1_024;

/** Where the item with this key stands; the key must be just the key. */
export function placeOfKey(key: Item, spec: KeySpec): Place {
  const expected = spec.sort === undefined ? 1 : 2;
  if (Object.keys(key).length !== expected) {
    throw invalid('The provided key element does not match the schema');
  }
  return placeOfItem(key, spec, 'The provided key element does not match the schema');
}

/** Where an item stands that has more than its key. */
export function placeOfItem(item: Item, spec: KeySpec, mismatch: string): Place {
  const partition = keyPart(item, spec.partition, PARTITION_BYTES_MAX, mismatch);
  const sort = spec.sort === undefined ? '' : keyPart(item, spec.sort, SORT_BYTES_MAX, mismatch);
  return { partition, sort, tie: '' };
}

function keyPart(item: Item, { name, type }: KeyAttribute, max: number, mismatch: string): string {
  const value = item[name];
  if (value?.[type] === undefined) throw invalid(mismatch);
  const bytes = value.S !== undefined ? Buffer.byteLength(value.S) : (value.B?.byteLength ?? 1);
  if (bytes === 0) throw invalid(`An empty value is not valid for the key ${name}`);
  if (bytes > max) throw invalid(`The size of the key ${name} has exceeded ${max} bytes`);
  return keyToken(value);
}

/** Refuses an item that some index could not hold. */
export function checkIndexKeys(item: Item, { indexes }: TableSpec): void {
  for (const { name: index, partition, sort } of indexes) {
    for (const key of sort === undefined ? [partition] : [partition, sort]) {
      if (item[key.name] === undefined) continue;
      const max = key === partition ? PARTITION_BYTES_MAX : SORT_BYTES_MAX;
      const mismatch = `Type mismatch for Index Key ${key.name}, IndexName: ${index}`;
      keyPart(item, key, max, `One or more parameter values were invalid: ${mismatch}`);
    }
  }
}
