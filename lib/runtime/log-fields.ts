/**
 * The only names that a log line may carry. A line is written with ids, counts and verdicts; a
 * field that is not listed is left out and named in `dropped`, so that a payload or a secret
 * cannot slip in under a new name.
 */
export const LOG_FIELDS: ReadonlySet<string> = new Set([
  'action',
  'actor',
  'ageMs',
  'attempt',
  'attemptId',
  'attempts',
  'before',
  'bytes',
  'check',
  'code',
  'count',
  'deliveryId',
  'detail',
  'error',
  'eventId',
  'failed',
  'found',
  'from',
  'hash',
  'heldBy',
  'host',
  'id',
  'integration',
  'integrationId',
  'keyId',
  'kind',
  'latencyMs',
  'limit',
  'messageId',
  'messages',
  'method',
  'ms',
  'nextAttemptAt',
  'now',
  'outcome',
  'rate',
  'reason',
  'replayed',
  'requestId',
  'resource',
  'route',
  'seq',
  'source',
  'sourceId',
  'status',
  'statusCode',
  'target',
  'targets',
  'tenant',
  'to',
  'type',
  'waitMs',
]);

const TEXT_CHARS_MAX = 512;
const LIST_ENTRIES_MAX = 20;
const STACK_LINES_MAX = 12;
const CAUSES_MAX = 4;
const NAME_CHARS_MAX = 64;

type Plain = string | number | boolean | null;
export type LogFields = Readonly<Record<string, Plain | readonly Plain[] | ErrorFields>>;

export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** What of `fields` may be written: listed names with plain values, errors without payloads. */
export function plainFields(fields: Readonly<Record<string, unknown>>): LogFields {
  const kept: Record<string, LogFields[string]> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const plain = LOG_FIELDS.has(name) ? plainValue(value) : undefined;
    if (plain === undefined) dropped.push(name.slice(0, 32));
    else kept[name] = plain;
  }
  return dropped.length === 0 ? kept : { ...kept, dropped };
}

function plainValue(value: unknown): LogFields[string] | undefined {
  if (value instanceof Error) return errorFields(value);
  if (Array.isArray(value)) {
    const entries = value.slice(0, LIST_ENTRIES_MAX).map(plainScalar);
    return entries.every((entry) => entry !== undefined) ? entries : undefined;
  }
  return plainScalar(value);
}

function plainScalar(value: unknown): Plain | undefined {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? masked(value).slice(0, TEXT_CHARS_MAX) : undefined;
}

/** An error for the log: where and of which kind, and of its message what can be no value. */
function errorFields(error: Error, depth = 1): ErrorFields {
  const { code } = error as { code?: unknown };
  const stack = stackOf(error);
  return {
    name: masked(String(error.name)).slice(0, NAME_CHARS_MAX),
    message: messageOf(error),
    ...(typeof code === 'string' && { code: masked(code).slice(0, NAME_CHARS_MAX) }),
    ...(stack !== '' && { stack }),
    ...(error.cause instanceof Error &&
      depth < CAUSES_MAX && { cause: errorFields(error.cause, depth + 1) }),
  };
}

/** Frames alone: what stands before the first is the message once more. */
export function stackOf(error: Error): string {
  return String(error.stack ?? '')
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, STACK_LINES_MAX)
    .map((line) => line.trim())
    .join('\n');
}

/** No line of a message looks like this by chance: a place in a file ends it. */
const FRAME = /^\s+at .*:\d+(:\d+)?\)?$|^\s+at .*\(<anonymous>\)$/;

/**
 * The language and Node quote what they could not use (`Unexpected token`, `in operator to search
 * for`, `Received`), so their own messages stay out; in those of others what is quoted does.
 */
export function messageOf(error: Error): string {
  const { code } = error as { code?: unknown };
  const isNodes = typeof code === 'string' && code.startsWith('ERR_');
  if (isNodes || QUOTING.some((kind) => error instanceof kind)) return WITHHELD;
  return masked(error.message.replace(QUOTED, '$1…$1')).slice(0, TEXT_CHARS_MAX);
}

const WITHHELD = '(withheld: it may quote its input)';
const QUOTING = [SyntaxError, TypeError, RangeError, ReferenceError, URIError] as const;
/** An apostrophe in a word begins nothing. */
const QUOTED = /(?<!\w)(["'`])(?:(?!\1).)+\1/gs;

/** Keys and signing secrets are struck out wherever they turn up in a text. */
function masked(text: string): string {
  return text
    .replace(/\b(bwk|whsec|whsk)_[A-Za-z0-9+/=_-]{4,}/g, '$1_***')
    .replace(/\b(Bearer|Basic)\s+[^\s"']+/gi, '$1 ***');
}
