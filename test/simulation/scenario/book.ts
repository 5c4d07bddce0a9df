/** What the outside knows: who was promised what, and what was asked of the product when. */
export interface Book {
  /** Every event whose acceptance somebody heard of, by id. */
  readonly accepted: Map<string, Accepted>;
  /** Every integration that somebody heard was made, by name; also those that are gone. */
  readonly integrations: Map<string, Registered>;
  /** Where the partner sends its webhooks. */
  sourcePath?: string;
  /** What was asked once more, in the same words, though it had been heard. */
  readonly repeats: Repeat[];
  /** Every order of an operator, in the order of asking. */
  readonly orders: Order[];
  /** What a caller of the API saw and never should have. */
  readonly wrongs: string[];
}

/** A promise: a 202 was heard, and this is what it was for. */
export interface Accepted {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly how: 'publish' | 'batch' | 'receive';
  readonly idempotencyKey?: string;
  readonly orderingKey?: string;
  readonly deliverAtMs?: number;
  /** When it was asked for the first time, and when the promise was heard. */
  readonly askedAtMs: number;
  readonly heardAtMs: number;
  /** Integration ids, as the answer named them; absent of what was received. */
  readonly deliveries?: readonly string[];
}

/** Two answers to one request. */
export interface Repeat {
  /** As its publisher is called. */
  readonly by: string;
  readonly first: Heard;
  readonly again: Heard;
}

export interface Heard {
  readonly status: number;
  readonly id: string;
  /** Of the deliveries, as the answer named them, sorted. */
  readonly deliveries: readonly string[];
}

export interface Registered {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly fallbackHosts: readonly string[];
  /** Where it gets an access token before it is called. */
  readonly tokenHost?: string;
  readonly eventTypes: readonly string[];
  readonly isFifo: boolean;
  readonly retry: RetrySpec;
  readonly madeAtMs: number;
}

/** As it is registered; seconds. */
export interface RetrySpec {
  readonly maxAttempts: number;
  readonly schedule: readonly number[];
  readonly maxAgeSeconds: number;
}

export interface Order {
  readonly what: OrderKind;
  readonly integrationId?: string;
  readonly deliveryId?: string;
  readonly eventId?: string;
  readonly askedAtMs: number;
  /** How often it was asked; a refusal of the second may be of what the first has done. */
  tries: number;
  /** Of the answer that was heard at last; absent: none was, and it may have been done or not. */
  heardAtMs?: number;
  status?: number;
}

export type OrderKind =
  | 'pause'
  | 'resume'
  | 'delete'
  | 'patch'
  | 'rotate'
  | 'retry'
  | 'cancel'
  | 'replay'
  | 'recover'
  | 'trip'
  | 'reset';

export function newBook(): Book {
  return { accepted: new Map(), integrations: new Map(), repeats: [], orders: [], wrongs: [] };
}
