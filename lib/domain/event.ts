import type { IntegrationId, SourceId } from './ids.ts';

/** What happened, as it is stored and sent. */
export interface EventRecord {
  readonly tenant: string;
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC, milliseconds: when it happened, by the caller or else `acceptedAtMs`. */
  readonly timestamp: string;
  readonly acceptedAtMs: number;
  /** Exactly the bytes that go on the wire, every time: `{"type","timestamp","data"}` as text. */
  readonly body: string;
  readonly targets: readonly IntegrationId[];
  /** Of what the caller said; an id used again must come with the same. */
  readonly fingerprint: string;
  /** The inbound source's id, or the CloudEvents `source`. */
  readonly source?: SourceId | string;
  readonly orderingKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** No attempt before this time. */
  readonly deliverAtMs?: number;
}

/** An event as the caller gives it, checked. */
export interface NewEvent {
  readonly tenant: string;
  readonly id?: string;
  readonly type: string;
  readonly timestamp?: string;
  readonly data: unknown;
  readonly integrations?: readonly string[];
  readonly deliverAtMs?: number;
  readonly orderingKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly source?: string;
}

/** Of one event as it is sent to us. */
export const EVENT_BYTES_MAX = 1_048_576;
/**
 * Of what is made of it. JSON takes two bytes for a quote, a backslash or a line break of a text,
 * and a third more of bytes in base64: an event as large as may be sent fits in, with its fields.
 */
export const EVENT_BODY_BYTES_MAX = 2 * EVENT_BYTES_MAX + 65_536;
export const EVENT_BATCH_MAX = 100;
export const EVENT_TYPE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
export const EVENT_TYPE_CHARS_MAX = 128;
/** More targets than this are rung by the fan-out function instead of the publisher. */
export const INLINE_TARGETS_MAX = 50;
