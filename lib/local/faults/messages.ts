import type { Drawn } from './dice.ts';

/** What an execution environment asks before each request to AWS, and what it is told. */

/** Of the line that each fault leaves in the log. */
export const FAULT_MESSAGE = 'fault.injected';

export type Service = 'dynamodb' | 'sqs' | 'secrets';

/** One request of the SDK, each attempt of a command by itself. */
export interface Command {
  readonly service: Service;
  /** As AWS calls it: `UpdateItem`. */
  readonly operation: string;
  /** The name of the table, of a request to DynamoDB. */
  readonly table?: string;
  /** How many are sent at once, of a request to SQS that sends many. */
  readonly messages?: number;
}

export interface Verdict {
  readonly fault?: Drawn;
  readonly kill?: 'before' | 'after';
}

export interface Asked {
  readonly id: number;
  readonly command: Command;
}

export interface Answered {
  readonly id: number;
  readonly verdict: Verdict;
}
