import type { DynamoKind } from './dynamodb.ts';
import type { BusEvent } from './event-bridge.ts';
import type { FaultPlan } from './faults/plan.ts';
import type { Exchange } from './http-api.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Message, QueueCounts } from './sqs-message.ts';

/** A stack that runs on this machine. */
export interface LocalRun {
  readonly url: string;
  /** The first admin key; empty when the stack keeps none. */
  readonly apiKey: string;
  /** What the stand-ins listen on, for clients of the SDK. */
  readonly aws: {
    readonly region: string;
    readonly dynamodb: string;
    readonly dynamodbKind: DynamoKind;
    readonly sqs: string;
    readonly secretsManager: string;
    readonly kms: string;
    readonly eventBridge: string;
  };
  readonly queues: LocalQueues;
  /** What came to event buses since the start: the last thousand, oldest first. */
  busEvents(): readonly BusEvent[];
  /** Fires every schedule once and waits for its function. */
  tick(): Promise<void>;
  /** Invocations, errors and cold starts since the start, by function. */
  functions(): Readonly<Record<string, ReturnType<LambdaFunction['counts']>>>;
  /** Sums of the metrics emitted since the start, by name. */
  metrics(): Readonly<Record<string, number>>;
  readonly faults: LocalFaults;
  /** Lets what runs come to its end, `drainMs` at most, and leaves nothing behind. */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}

export interface LocalQueues {
  /** Forgets all messages of all queues, those in flight too; returns how many. */
  purgeAll(): number;
  counts(): Readonly<Record<string, QueueCounts>>;
  /** What is in each queue, in flight and delayed ones included; it is not received by this. */
  messages(): Readonly<Record<string, readonly Message[]>>;
  /** Requests as SQS bills them, by operation; receives that found nothing apart. */
  requests(): Readonly<Record<string, number>>;
  resetRequests(): void;
  /** While true, SQS answers 503 and nothing is received. */
  outage(isDown: boolean): void;
}

/** What goes wrong on purpose, where `BootOptions.faults` asks for it. */
export interface LocalFaults {
  /** Injected since the start, by kind; those that have not happened are left out. */
  counts(): Readonly<Record<string, number>>;
  /** From now on nothing goes wrong on purpose, but what has begun already. */
  end(): void;
}

export interface BootOptions {
  /** Data, secrets and the assembly; made where it is missing. */
  readonly home: string;
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** A cloud assembly that is there already; else the project is bundled and synthesized. */
  readonly assembly?: string;
  /** For an assembly still to be made. */
  readonly egress?: 'loopback' | 'strict';
  /** For an assembly still to be made: queues and buses that integrations may name. */
  readonly targetArns?: readonly string[];
  /** `manual`: schedules fire on `tick()` alone. */
  readonly schedules?: 'run' | 'manual';
  readonly dynamo?: DynamoKind;
  /** Execution environments of one function at most, or as many as its queues have batches. */
  readonly concurrencyMax?: number;
  /** Batches of one queue that are worked on at the same time, at most. */
  readonly pollersMax?: number;
  /** Puts something between functions and tables: gets the endpoint, returns the one to use. */
  readonly tablesThrough?: (endpoint: string) => Promise<string>;
  /** For a drill: what goes wrong between the functions and AWS. Absent: nothing. */
  readonly faults?: FaultPlan;
  readonly onLog?: (entry: LogEntry) => void;
  /** Each line of figures as a function wrote it. */
  readonly onFigures?: (line: string) => void;
  /** Each message as it was put into the queue of that name. */
  readonly onMessage?: (queue: string, message: Message) => void;
  /** Each request that was whole, with its answer, before that is written. */
  readonly onExchange?: (exchange: Exchange) => void;
}

export type LogEntry =
  /** A line that a function wrote; metrics are counted and do not come here. */
  | { readonly kind: 'line'; readonly functionName: string; readonly line: string }
  | { readonly kind: 'failure'; readonly where: string; readonly reason: string };
