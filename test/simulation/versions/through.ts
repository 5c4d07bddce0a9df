import {
  type AttributeValue,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

export type Row = Record<string, AttributeValue>;

/** What other code makes of what it stores and finds. */
export interface TableCode {
  writes(table: string, row: Row): Row;
  reads(table: string, row: Row): Row;
  /** Of an update in place. */
  updates(input: UpdateItemCommandInput): UpdateItemCommandInput;
}

interface Answer {
  readonly Item?: Row;
  readonly Items?: readonly Row[];
  readonly Attributes?: Row;
}

/** The tables as an instance of other code has them: only what passes differs. */
export function tablesThrough(client: DynamoDBClient, code: TableCode): DynamoDBClient {
  const outgoing = (command: { readonly input: object }): unknown => {
    if (command instanceof PutItemCommand) {
      const { TableName = '', Item = {} } = command.input;
      return new PutItemCommand({ ...command.input, Item: code.writes(TableName, Item) });
    }
    if (command instanceof UpdateItemCommand) {
      return new UpdateItemCommand(code.updates(command.input));
    }
    return command;
  };
  const send = async (command: { readonly input: { readonly TableName?: string } }) => {
    const { TableName = '' } = command.input;
    const answer = (await client.send(outgoing(command) as never)) as Answer;
    const { Item, Items, Attributes } = answer;
    return {
      ...answer,
      ...(Item && { Item: code.reads(TableName, Item) }),
      ...(Items && { Items: Items.map((row) => code.reads(TableName, row)) }),
      ...(Attributes && { Attributes: code.reads(TableName, Attributes) }),
    };
  };
  // The adapters ask nothing else of a client.
  return { send } as unknown as DynamoDBClient;
}

export type Message = Record<string, unknown>;

/** The queues as an instance of other code has them, whose messages are `sent` by it. */
export function queuesThrough(client: SQSClient, sent: (message: Message) => Message): SQSClient {
  const send = (command: { readonly input: object }) => {
    if (!(command instanceof SendMessageBatchCommand)) return client.send(command as never);
    const Entries = (command.input.Entries ?? []).map((entry) => ({
      ...entry,
      MessageBody: JSON.stringify(sent(JSON.parse(entry.MessageBody ?? '') as Message)),
    }));
    return client.send(new SendMessageBatchCommand({ ...command.input, Entries }));
  };
  return { send } as unknown as SQSClient;
}
