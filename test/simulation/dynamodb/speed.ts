/**
 * Says how many operations the model does in a second of one processor: `node test/simulation/dynamodb/speed.ts`.
 * No test depends on it.
 */
import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLES } from '../../../lib/names.ts';
import { modelDynamoDb } from './model.ts';
import { seededRandom } from './seeded.ts';
import { productTables } from './table-spec.ts';
import { AWS_WEAKNESSES, NO_WEAKNESSES, type Weaknesses } from './weaknesses.ts';

/** Each on a model of its own, of about the size of a week in the simulation. */
const MODELS = 80;
const ROUNDS = 500;
const OPERATIONS_PER_ROUND = 5;
const PARTITIONS = 16;

async function measure(name: string, weaknesses: Weaknesses): Promise<void> {
  const began = process.cpuUsage();
  for (let seed = 0; seed < MODELS; seed++) await work(seed, weaknesses);
  const seconds = process.cpuUsage(began).user / 1e6;
  const rate = Math.round((MODELS * ROUNDS * OPERATIONS_PER_ROUND) / seconds);
  process.stdout.write(`${name}: ${rate} operations/s\n`);
}

async function work(seed: number, weaknesses: Weaknesses): Promise<void> {
  let nowMs = 1_800_000_000_000;
  const model = modelDynamoDb({
    clock: { nowMs: () => nowMs },
    random: seededRandom(seed),
    tables: productTables({ registry: 'registry', history: 'history', state: 'state' }),
    weaknesses,
  });
  const { timeline, due } = TABLES.history.indexes;
  for (let n = 0; n < ROUNDS; n++) {
    nowMs += 15_000;
    const TableName = 'history';
    const Key = { pk: { S: `default#evt_${n}` }, sk: { S: 'D#int_1' } };
    const shard: AttributeValue = { S: `DUE#${n % PARTITIONS}` };
    const at: AttributeValue = { N: String(nowMs) };
    const Item = {
      ...Key,
      ...{ ty: { S: 'order.created' }, st: { S: 'W' }, n: { N: '1' }, at, nx: at, v: { N: '1' } },
      ...{ tlPk: shard, tlSk: { S: `${nowMs}` }, duPk: shard, duSk: at },
      ...{ bd: { B: new Uint8Array(200) }, ttl: { N: String(Math.ceil(nowMs / 1000) + 864_000) } },
    };
    const ConditionExpression = 'attribute_not_exists(pk)';
    await model.client.send(new PutItemCommand({ TableName, Item, ConditionExpression }));
    await model.client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    await model.client.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #u0 = :u0 REMOVE #u1, #u2 ADD #u3 :u1',
        ConditionExpression: 'v = :v AND attribute_exists(pk)',
        ExpressionAttributeNames: { '#u0': 'st', '#u1': 'duPk', '#u2': 'duSk', '#u3': 'v' },
        ExpressionAttributeValues: { ':u0': { S: 'D' }, ':u1': { N: '1' }, ':v': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    const index = n % 2 === 0 ? timeline : due;
    await model.client.send(
      new QueryCommand({
        TableName,
        IndexName: index.name,
        KeyConditionExpression: '#p = :p',
        ExpressionAttributeNames: { '#p': index.partitionKey },
        ExpressionAttributeValues: { ':p': shard },
        ScanIndexForward: false,
        Limit: 10,
      }),
    );
    await model.client.send(new DeleteItemCommand({ TableName: 'state', Key }));
  }
}

for (let run = 0; run < 2; run++) {
  await measure('no weaknesses', NO_WEAKNESSES);
  await measure('weaknesses of AWS', AWS_WEAKNESSES);
}
