import { hash } from 'node:crypto';

/** Body and message attributes together: names, types and values count. */
export const SQS_MESSAGE_BYTES_MAX = 1_048_576;
/** Every attribute is text. */
const ATTRIBUTE_TYPE = 'String';
const FIFO_NAME = /\.fifo$/;
/** What SQS takes as a group: ASCII that is seen. */
const GROUP = /^[\x21-\x7e]{1,128}$/;
/** What SQS refuses in a body: most controls and two code points that are no characters. */
const REFUSED = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** What goes with a message beside its body and attributes: nothing, but to a FIFO queue. */
export interface SqsEnvelope {
  readonly kind: 'sqs';
  /** One at a time and in order within it. */
  readonly groupId?: string;
  /** A second one within five minutes is taken and thrown away. */
  readonly deduplicationId?: string;
}

/** In a FIFO queue events of one `orderingKey` are a group; without one, all of the integration. */
export function sqsEnvelope(
  arn: string,
  { eventId, orderingKey, integrationId }: Grouped,
): SqsEnvelope {
  if (!FIFO_NAME.test(arn)) return { kind: 'sqs' };
  return {
    kind: 'sqs',
    groupId: groupOf(orderingKey ?? integrationId),
    // Not the event's id alone: two integrations may share a queue, and each sends its own.
    deduplicationId: hash('sha256', `${integrationId}/${eventId}`, 'base64url'),
  };
}

interface Grouped {
  readonly eventId: string;
  readonly integrationId: string;
  readonly orderingKey?: string | undefined;
}

/** A key that SQS would refuse stands as its hash: the same key, the same group. */
function groupOf(key: string): string {
  return GROUP.test(key) ? key : hash('sha256', key, 'base64url');
}

/** Why SQS would refuse the message whatever the try, or undefined. */
export function sqsProblem(
  body: Uint8Array,
  attributes: Readonly<Record<string, string>>,
): string | undefined {
  if (body.length === 0) return 'sqs: the body is empty';
  const bytes = body.length + attributeBytes(attributes);
  if (bytes > SQS_MESSAGE_BYTES_MAX) {
    return `sqs: body and attributes take ${bytes} bytes; allowed are ${SQS_MESSAGE_BYTES_MAX}`;
  }
  const refused = REFUSED.exec(new TextDecoder().decode(body))?.[0]?.codePointAt(0);
  if (refused === undefined) return undefined;
  const code = refused.toString(16).toUpperCase().padStart(4, '0');
  return `sqs: the body holds the character U+${code}, which SQS does not take`;
}

function attributeBytes(attributes: Readonly<Record<string, string>>): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}${ATTRIBUTE_TYPE}${value}`),
    0,
  );
}
