/**
 * An entry of PutEvents, as its API reference has it. The limit there is "less than 1 MB" for the
 * time (14 bytes), source, detail type and detail: ours is the smaller reading of it.
 */
export const ENTRY_BYTES_MAX = 1_000_000;
const TIME_BYTES = 14;

/** What goes with the detail of an entry. */
export interface EventBridgeEnvelope {
  readonly kind: 'eventbridge';
  /** Names the tenant: what it publishes cannot pass for another's. */
  readonly source: string;
  readonly detailType: string;
  /** When it happened. */
  readonly timeMs: number;
}

/** How every stored event begins; neither value can hold a quote. */
const HEAD = /^\{"type":"([^"\\]+)","timestamp":"([^"\\]+)"/;
const HEAD_BYTES_MAX = 512;

/** `body` is the event as it is stored; one that is stored otherwise throws. */
export function headOf(body: Uint8Array): { readonly type: string; readonly timestamp: string } {
  const head = HEAD.exec(new TextDecoder().decode(body.subarray(0, HEAD_BYTES_MAX)));
  const [, type, timestamp] = head ?? [];
  if (type === undefined || timestamp === undefined) {
    throw new Error('A stored event begins with its type and timestamp.');
  }
  return { type, timestamp };
}

/** The event with its id in front, every number as it was given. */
export function eventDetail(eventId: string, body: Uint8Array): string {
  return `{"id":${JSON.stringify(eventId)},${new TextDecoder().decode(body).slice(1)}`;
}

export function eventBridgeEnvelope(tenant: string, body: Uint8Array): EventBridgeEnvelope {
  const { type, timestamp } = headOf(body);
  const source = `breakwater.${tenant}`;
  return { kind: 'eventbridge', source, detailType: type, timeMs: Date.parse(timestamp) };
}

/** Why EventBridge would refuse the entry whatever the try, or undefined. */
export function entryProblem(
  { source, detailType }: EventBridgeEnvelope,
  detail: Uint8Array,
): string | undefined {
  const bytes = TIME_BYTES + source.length + detailType.length + detail.length;
  if (bytes <= ENTRY_BYTES_MAX) return undefined;
  return `eventbridge: the entry takes ${bytes} bytes; allowed are ${ENTRY_BYTES_MAX}`;
}
