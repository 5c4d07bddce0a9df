/** A standard queue of SQS and what is in it. */

export interface QueueSettings {
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly retentionSeconds: number;
  readonly messageBytesMax: number;
  readonly receiveWaitSeconds: number;
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Base64, as on the wire. */
  readonly BinaryValue?: string;
}

export interface NewMessage {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
  readonly groupId?: string;
  readonly traceHeader?: string;
  readonly delaySeconds?: number;
}

export interface Message extends NewMessage {
  readonly id: string;
  readonly sentAtMs: number;
  readonly receiveCount: number;
  readonly firstReceivedAtMs?: number;
  readonly deadLetterSourceArn?: string;
}

export interface Received extends Message {
  readonly receiptHandle: string;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface SqsQueue {
  settings: QueueSettings;
  put(message: NewMessage): Message;
  /** Takes over a message of another queue, id, age and receive count included. */
  adopt(message: Message): void;
  /** `dead` are the messages received too often: gone from here, to be adopted elsewhere. */
  take(
    max: number,
    visibilitySeconds?: number,
  ): { readonly messages: readonly Received[]; readonly dead: readonly Message[] };
  /** Takes visible messages out for good, to be adopted elsewhere. */
  drain(): readonly Message[];
  /** `stale`: received again since, or already gone; nothing was removed. */
  remove(receiptHandle: string): 'removed' | 'stale' | 'invalid';
  extend(receiptHandle: string, seconds: number): 'changed' | 'not-in-flight' | 'gone' | 'invalid';
  /** Forgets every message, in flight and delayed ones included; returns how many. */
  purge(): number;
  counts(): QueueCounts;
  /** Every message, in flight and delayed ones included; changes nothing. */
  all(): readonly Message[];
  /** When the next message that waits turns visible; undefined if none waits. */
  nextVisibleAtMs(): number | undefined;
}
