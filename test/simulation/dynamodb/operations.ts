import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unknown } from './errors.ts';
import { deleteItem, getItem, putItem, type Site, updateItem } from './items.ts';
import { query } from './query.ts';
import type { Operation, Request } from './weaknesses.ts';

/** A command of the SDK, as far as every one of them is alike. */
export interface Command {
  readonly input: {
    readonly TableName?: string;
    readonly IndexName?: string;
    readonly Key?: Request['key'];
  };
}

export interface Handler {
  readonly operation: Operation;
  readonly parameters: ReadonlySet<string>;
  run(site: Site, input: Command['input']): object;
}

const CONDITION = ['ConditionExpression', 'ReturnValues'];
const EVERYWHERE = [
  ...['TableName', 'ExpressionAttributeNames', 'ExpressionAttributeValues'],
  'ReturnConsumedCapacity',
];
const QUERY = [
  ...['IndexName', 'KeyConditionExpression', 'FilterExpression', 'ProjectionExpression'],
  ...['Select', 'Limit', 'ExclusiveStartKey', 'ScanIndexForward', 'ConsistentRead'],
];

const HANDLERS: ReadonlyMap<unknown, Handler> = new Map([
  handler(GetItemCommand, 'GetItem', ['Key', 'ProjectionExpression', 'ConsistentRead'], getItem),
  handler(PutItemCommand, 'PutItem', ['Item', ...CONDITION], putItem),
  handler(UpdateItemCommand, 'UpdateItem', ['Key', 'UpdateExpression', ...CONDITION], updateItem),
  handler(DeleteItemCommand, 'DeleteItem', ['Key', ...CONDITION], deleteItem),
  handler(QueryCommand, 'Query', QUERY, query),
]);

/** Pairs a command's class with what carries it out; they agree on the input by type. */
function handler<I>(
  command: new (input: I) => { readonly input: I },
  operation: Operation,
  parameters: readonly string[],
  run: (site: Site, input: I) => object,
): readonly [unknown, Handler] {
  return [
    command,
    {
      operation,
      parameters: new Set([...EVERYWHERE, ...parameters]),
      run: (site, input) => run(site, input as I),
    },
  ];
}

/** Throws for a command or a parameter that the model does not know. */
export function handlerOf(command: Command): Handler {
  const found = HANDLERS.get(command.constructor);
  if (found === undefined) throw unknown(`the command ${command.constructor.name}`);
  const { input }: { readonly input: Readonly<Record<string, unknown>> } = command;
  for (const name in input) {
    if (!found.parameters.has(name) && input[name] !== undefined) {
      throw unknown(`the parameter ${name} of ${found.operation}`);
    }
  }
  return found;
}
