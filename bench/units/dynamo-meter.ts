import { createHash } from 'node:crypto';
import { totalOf, writeCapacity } from './capacity.ts';
import type { Ledger, Share } from './ledger.ts';
import type { Exchange, Json, Listener } from './relay.ts';
import { itemBytes, readUnits, type WireItem } from './sizes.ts';
import { SHAPES, type TableShape } from './tables.ts';

interface Meter {
  readonly endpoint: string;
  readonly ledger: Pick<Ledger, 'add'>;
  readonly tables: readonly TableShape[];
}

const WRITES: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/**
 * Counts capacity units by the items themselves: the row before and after each write, the rows
 * that each read returned. What the stand-in says is only kept beside it, for comparison.
 */
export function dynamoMeter(
  endpoint: string,
  ledger: Pick<Ledger, 'add'>,
  tables: readonly TableShape[] = SHAPES,
): Listener {
  const meter: Meter = { endpoint, ledger, tables };
  /** Where the caller wants the row as it becomes, the one before is read apart. */
  const befores = new WeakMap<Json, WireItem>();
  return {
    async prepare(operation, input) {
      const metered = { ...input, ReturnConsumedCapacity: 'INDEXES' };
      if (!WRITES.has(operation)) return metered;
      if (!wantsNew(input)) return { ...metered, ReturnValues: 'ALL_OLD' };
      const table = shapeOf(meter, input);
      const before = await readRow(endpoint, table, keyOf(table, input.Key as WireItem));
      if (before !== undefined) befores.set(input, before);
      return metered;
    },

    async observe(exchange) {
      const { input, operation, output } = exchange;
      if (WRITES.has(operation)) {
        await observeWrite(meter, exchange, befores.get(input));
      } else observeRead(meter, exchange);
      const { ConsumedCapacity: _, Attributes, ...plain } = output;
      const wanted = input.ReturnValues !== undefined && input.ReturnValues !== 'NONE';
      return wanted ? { ...plain, Attributes } : plain;
    },
  };
}

function wantsNew({ ReturnValues }: Json): boolean {
  return ReturnValues === 'ALL_NEW' || ReturnValues === 'UPDATED_NEW';
}

async function observeWrite(
  meter: Meter,
  exchange: Exchange,
  readBefore: WireItem | undefined,
): Promise<void> {
  const { endpoint, ledger } = meter;
  const { caller, operation, input, status, output } = exchange;
  const table = shapeOf(meter, input);
  const key = keyOf(table, (input.Item ?? input.Key) as WireItem);
  const written = status === 200;
  // A refused write costs what the standing row would.
  const replaced = wantsNew(input) ? readBefore : rowOf(table, output.Attributes);
  const before = written ? replaced : await readRow(endpoint, table, key);
  const after = written ? await rowAfter(endpoint, table, key, exchange) : before;
  const capacity = writeCapacity(table, before, after);
  const shares: readonly Share[] = [
    { resource: table.name, partition: textAt(key, table.keys[0]), units: capacity.table },
    ...Object.entries(capacity.indexes).map(([index, units]) => ({
      resource: `${table.name}/${index}`,
      partition: textAt(after ?? before ?? {}, partitionKeyOf(table, index)),
      units,
    })),
  ];
  ledger.add({
    caller,
    operation: written ? operation : `${operation} (refused)`,
    kind: 'write',
    shares,
    bytes: itemBytes(after ?? before ?? {}),
    ...standInOf(output),
  });
  if (totalOf(capacity) < 1) throw new Error(`${operation} on ${table.name} took nothing.`);
}

function observeRead(meter: Meter, exchange: Exchange): void {
  const { caller, operation, input, status, output } = exchange;
  if (status !== 200) throw new Error(`${operation} answered ${status}: ${JSON.stringify(output)}`);
  if (operation !== 'GetItem' && operation !== 'Query') {
    throw new Error(`The bench does not know what ${operation} takes.`);
  }
  const table = shapeOf(meter, input);
  const items = (output.Items ?? (output.Item === undefined ? [] : [output.Item])) as WireItem[];
  const bytes = items.reduce((total, item) => total + itemBytes(item), 0);
  const partial = input.Select === 'COUNT' || input.ProjectionExpression !== undefined;
  const { standIn } = standInOf(output);
  const units = partial ? (standIn ?? 0) : readUnits(bytes, input.ConsistentRead === true);
  const index = input.IndexName === undefined ? '' : `/${String(input.IndexName)}`;
  meter.ledger.add({
    caller,
    operation,
    kind: 'read',
    shares: [{ resource: `${table.name}${index}`, partition: partitionOf(table, input), units }],
    bytes,
    ...(standIn !== undefined && { standIn }),
  });
}

function shapeOf({ tables }: Meter, input: Json): TableShape {
  const shape = tables.find(({ name }) => name === input.TableName);
  if (shape === undefined) throw new Error(`There is no table ${String(input.TableName)}.`);
  return shape;
}

function keyOf(table: TableShape, item: WireItem): WireItem {
  return Object.fromEntries(table.keys.map((name) => [name, item[name] ?? {}]));
}

/** Of a row that was not there dynoxide returns the bare key. */
function rowOf(table: TableShape, attributes: unknown): WireItem | undefined {
  if (attributes === undefined) return undefined;
  const row = attributes as WireItem;
  return Object.keys(row).length > table.keys.length ? row : undefined;
}

async function rowAfter(
  endpoint: string,
  table: TableShape,
  key: WireItem,
  { operation, input, output }: Exchange,
): Promise<WireItem | undefined> {
  if (input.ReturnValues === 'ALL_NEW') return output.Attributes as WireItem;
  if (operation === 'PutItem') return input.Item as WireItem;
  return operation === 'DeleteItem' ? undefined : await readRow(endpoint, table, key);
}

/** Past the relay, so that nobody's account is charged. */
async function readRow(
  endpoint: string,
  { name }: TableShape,
  key: WireItem,
): Promise<WireItem | undefined> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host, Signature=none',
    },
    body: JSON.stringify({ TableName: name, Key: key, ConsistentRead: true }),
  });
  const { Item } = (await answer.json()) as { readonly Item?: WireItem };
  return Item;
}

function partitionKeyOf(table: TableShape, index: string): string | undefined {
  return table.indexes.find(({ name }) => name === index)?.keys[0];
}

function textAt(item: WireItem, name = ''): string {
  return String(item[name]?.S ?? '');
}

/** A query's partition is the value of its first placeholder; its name does not matter here. */
function partitionOf(table: TableShape, input: Json): string {
  if (input.Key !== undefined) return textAt(input.Key as WireItem, table.keys[0]);
  const values = (input.ExpressionAttributeValues ?? {}) as WireItem;
  const placeholder = String(input.KeyConditionExpression).match(/= (:\w+)/)?.[1] ?? '';
  return (
    textAt(values, placeholder) || createHash('sha1').update(JSON.stringify(values)).digest('hex')
  );
}

function standInOf(output: Json): { readonly standIn?: number } {
  const consumed = output.ConsumedCapacity as { readonly CapacityUnits?: number } | undefined;
  return consumed?.CapacityUnits === undefined ? {} : { standIn: consumed.CapacityUnits };
}
