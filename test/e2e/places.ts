/** Where a run leaves what it was told: its queues and its tables, read past the product. */
import { inflateRawSync } from 'node:zlib';
import {
  type AttributeValue,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { LocalRun } from '../../lib/local/local-run.ts';

/** Each message of each queue as a text, in flight and delayed ones too; none is received by it. */
export function messagesOf(run: LocalRun): Readonly<Record<string, readonly string[]>> {
  const queues = Object.entries(run.queues.messages());
  return Object.fromEntries(
    queues.map(([name, messages]) => [
      queueOf(name),
      messages.map((message) => JSON.stringify(message)),
    ]),
  );
}

/** `QueuesWork` and `DeadLettersDelivery`: without what CloudFormation puts behind. */
const queueOf = (name: string) => /^([A-Za-z]+?)(Queue)?[0-9A-F]{8}$/.exec(name)?.[1] ?? name;

/** Far more rows than any test makes. */
const PAGES_MAX = 50;

/** All rows of each table, by the table's part of its name, what is packed unpacked. */
export async function rowsOf({
  aws,
}: LocalRun): Promise<Readonly<Record<string, readonly string[]>>> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: aws.dynamodb, region: aws.region, credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const rows: Record<string, string[]> = {};
  for (const TableName of TableNames) {
    const [, table = TableName] = /^Storage([A-Za-z]+?)[0-9A-F]{8}$/.exec(TableName) ?? [];
    const texts: string[] = [];
    let pages = 0;
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      texts.push(...Items.map((item) => Object.values(item).map(textOf).join('\n')));
      if (++pages === PAGES_MAX) break;
    }
    rows[table.toLowerCase()] = texts;
  }
  client.destroy();
  return rows;
}

function textOf(value: AttributeValue): string {
  if (value.B === undefined) return JSON.stringify(value);
  try {
    return inflateRawSync(value.B).toString();
  } catch {
    return Buffer.from(value.B).toString('latin1');
  }
}
