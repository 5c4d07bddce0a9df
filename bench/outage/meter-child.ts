/** Counts what goes between the functions and the tables, in a process of its own. */
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { answerCalls } from '../children.ts';
import { dynamoMeter } from '../units/dynamo-meter.ts';
import { startRelay } from '../units/relay.ts';
import { SHAPES, type TableShape } from '../units/tables.ts';
import { sums } from './sums.ts';

const tally = sums();

answerCalls({
  /** Where the tables are; returns where the functions are to look for them. */
  async start(endpoint: string) {
    const relay = await startRelay(
      endpoint,
      dynamoMeter(endpoint, tally, await deployed(endpoint)),
    );
    return relay.endpointOf('local');
  },
  take: () => tally.take(),
});

/** The tables under the names that the stack has given them, which end in our own and a hash. */
async function deployed(endpoint: string): Promise<readonly TableShape[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const { TableNames = [] } = await db.send(new ListTablesCommand({}));
  db.destroy();
  return SHAPES.map((shape) => {
    const isIt = (name: string) => new RegExp(`${shape.name}[0-9a-f]{8}`, 'i').test(name);
    const [name, ...others] = TableNames.filter(isIt);
    if (name !== undefined && others.length === 0) return { ...shape, name };
    throw new Error(`Which of ${TableNames.join()} is ${shape.name}?`);
  });
}
