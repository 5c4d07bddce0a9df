import { existsSync, readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { T0 } from '../../contracts/fixtures.ts';
import { dynamoStores } from '../../contracts/stand-ins.ts';
import { FAKE_RETENTION_DAYS } from '../../fakes/stores-history.ts';
import { modelDynamoDb } from '../dynamodb/model.ts';
import { seededRandom } from '../dynamodb/seeded.ts';
import { productTables } from '../dynamodb/table-spec.ts';
import type { Item } from '../dynamodb/values.ts';
import { NO_WEAKNESSES } from '../dynamodb/weaknesses.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Specimen } from './specimens.ts';
import { SPECIMEN_OPENER } from './specimens-sealed.ts';

/** Rows as they stand in a fixture, table by table: DynamoDB's JSON, with bytes made readable. */
export type GoldRows = Readonly<Record<string, readonly object[]>>;

/** What one version of the code stored, and what every later one must make of it. */
export interface Gold {
  /** Which version that was. */
  readonly of: string;
  readonly rows: GoldRows;
  readonly means: unknown;
}

const ITEMS = new URL('../../fixtures/items/', import.meta.url);

export const goldUrl = (name: string) => new URL(`${name}.json`, ITEMS);

/** The oldest first; today's is the last. */
export function goldOf<T = Gold>(url: URL): readonly T[] {
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T[]) : [];
}

/** Today's stores on tables that are exact, and those of whoever comes to them another way. */
export function world() {
  const clock = { nowMs: () => T0 + 60_000, after: () => () => {} };
  const random = seededRandom(1);
  const tables = productTables(TABLE_NAMES);
  const model = modelDynamoDb({ clock, random, tables, weaknesses: NO_WEAKNESSES });
  const options = {
    ...{ clock, random, telemetry: { warn() {} }, retentionDays: FAKE_RETENTION_DAYS },
    vault: SPECIMEN_OPENER,
  };
  const through = (client: DynamoDBClient) => dynamoStores(client, TABLE_NAMES, options);
  return { model, through, stores: through(model.client) };
}

/** What today's code stores. */
export async function written({ write }: Specimen): Promise<GoldRows> {
  const { model, stores } = world();
  await write(stores, model.client);
  return goldRows(model.snapshot());
}

export function goldRows(snapshot: Readonly<Record<string, readonly Item[]>>): GoldRows {
  const tables = Object.entries(snapshot).filter(([, rows]) => rows.length > 0);
  return Object.fromEntries(tables.map(([table, rows]) => [table, rows.map(readable)]));
}

/** What today's code makes of these rows. */
export async function meaning({ read }: Specimen, rows: GoldRows): Promise<unknown> {
  const { model, stores } = world();
  for (const [TableName, its] of Object.entries(rows)) {
    for (const row of its) {
      const Item = stored(row) as Record<string, AttributeValue>;
      await model.client.send(new PutItemCommand({ TableName, Item }));
    }
  }
  return plain(await read(stores));
}

/** Marks of writes: any bytes would do, so a fixture has none in particular. */
const MARKS: ReadonlySet<string> = new Set(['w', 'rw', 'sw']);

/** Deflated bytes as their text: what deflates a text may come to other bytes tomorrow. */
function readable(item: Item): object {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => {
      if (value.B === undefined) return [name, value.SS ? { SS: value.SS.toSorted() } : value];
      if (MARKS.has(name)) return [name, { mark: value.B.byteLength }];
      return [name, inflated(value.B) ?? { base64: Buffer.from(value.B).toString('base64') }];
    }),
  );
}

function inflated(bytes: Uint8Array): object | undefined {
  try {
    return { deflated: inflateRawSync(bytes).toString() };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function stored(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if ('mark' in value) return [name, { B: new Uint8Array(value.mark) }];
      if ('deflated' in value) return [name, { B: deflateRawSync(value.deflated) }];
      if ('base64' in value) return [name, { B: Buffer.from(value.base64, 'base64') }];
      return [name, value];
    }),
  );
}

/** As it comes out of JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => {
      if (one instanceof Set) return [...one].sort();
      return one instanceof Uint8Array ? Buffer.from(one).toString() : one;
    }) ?? 'null',
  );
}
