import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

const CONNECT_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;
const ATTEMPTS_MAX = 3;
const SOCKETS_MAX = 128;

/** What one request consumed, as DynamoDB says: units of the table and of each index. */
export interface ConsumedUnits {
  readonly operation: string;
  readonly table: string;
  readonly units: number;
  readonly indexes: Readonly<Record<string, number>>;
}

/** A client that gives up early; one per process, so that connections are used again. */
export function dynamoClient(options: {
  readonly endpoint?: string;
  /** A stand-in on a busy machine may need longer than AWS gets, to connect too. */
  readonly requestTimeoutMs?: number;
  /** For a bench: every request then asks for its capacity, which costs nothing but bytes. */
  readonly onConsumed?: (consumed: ConsumedUnits) => void;
}): DynamoDBClient {
  const client = new DynamoDBClient({
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: options.requestTimeoutMs ?? CONNECT_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      // Without it a late answer is only a warning.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
  });
  if (options.onConsumed !== undefined) meter(client, options.onConsumed);
  return client;
}

interface Capacity {
  readonly TableName?: string;
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Record<string, { readonly CapacityUnits?: number }>;
}

function meter(client: DynamoDBClient, onConsumed: (consumed: ConsumedUnits) => void): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next({
        ...args,
        input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' },
      });
      const { ConsumedCapacity } = result.output as { readonly ConsumedCapacity?: Capacity };
      if (ConsumedCapacity !== undefined) {
        onConsumed({
          operation: String(context.commandName).replace('Command', ''),
          table: ConsumedCapacity.TableName ?? '',
          units: ConsumedCapacity.CapacityUnits ?? 0,
          indexes: Object.fromEntries(
            Object.entries(ConsumedCapacity.GlobalSecondaryIndexes ?? {}).map(
              ([index, { CapacityUnits }]) => [index, CapacityUnits ?? 0],
            ),
          ),
        });
      }
      return result;
    },
    { step: 'initialize', name: 'meterCapacity' },
  );
}
