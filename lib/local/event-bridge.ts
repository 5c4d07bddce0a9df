import { randomUUID } from 'node:crypto';
import { AwsError, type AwsInput, type AwsServer, serveAwsJson } from './aws-json.ts';
import type { Place } from './template.ts';

/**
 * PutEvents of EventBridge on loopback. It has no rules: entries are checked and kept in memory, to
 * be looked at by `LocalEntries`, an operation that AWS does not have. A bus that does not exist
 * is as good as any: AWS, too, takes what is sent there, and says nothing.
 */

/** An entry as a rule would see it. */
export interface BusEvent {
  readonly id: string;
  /** Name or ARN, as it was asked for. */
  readonly bus: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly time: string;
  readonly account: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface EventBridge extends AwsServer {
  /** The last thousand, oldest first. */
  entries(): readonly BusEvent[];
}

const ENTRIES_MAX = 10;
const KEPT_MAX = 1_000;
/** Less than 1 MB of all entries together. */
const BYTES_MAX = 1_048_576;
const TIME_BYTES = 14;

export async function serveEventBridge(place: Place): Promise<EventBridge> {
  const kept: BusEvent[] = [];
  const operations: Readonly<Record<string, (input: AwsInput) => object>> = {
    PutEvents(input) {
      const results = entriesOf(input).map((entry) => {
        const event = eventOf(entry, place);
        if ('ErrorCode' in event) return event;
        kept.push(event);
        kept.splice(0, kept.length - KEPT_MAX);
        return { EventId: event.id };
      });
      const failed = results.filter((result) => 'ErrorCode' in result);
      return { FailedEntryCount: failed.length, Entries: results };
    },
    LocalEntries: () => ({ Entries: kept }),
  };
  const server = await serveAwsJson({
    target: 'AWSEvents',
    version: '1.1',
    errorPrefix: '',
    operation: (name) => operations[name],
  });
  return { ...server, entries: () => [...kept] };
}

function entriesOf({ Entries: entries }: AwsInput): readonly AwsInput[] {
  const count = Array.isArray(entries) ? entries.length : 0;
  if (!Array.isArray(entries) || count === 0 || count > ENTRIES_MAX) {
    throw new AwsError('ValidationException', `${count} entries; allowed: 1 to ${ENTRIES_MAX}.`);
  }
  if (entries.reduce((sum: number, entry) => sum + bytesOf(entry), 0) >= BYTES_MAX) {
    throw new AwsError(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  return entries;
}

function bytesOf({ Time, Source, DetailType, Detail, Resources }: AwsInput): number {
  const resources = Array.isArray(Resources) ? Resources : [];
  const texts = [Source, DetailType, Detail, ...resources].map((each) => String(each ?? ''));
  return (Time === undefined ? 0 : TIME_BYTES) + Buffer.byteLength(texts.join(''));
}

interface Refused {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

function eventOf(entry: AwsInput, { account, region }: Place): BusEvent | Refused {
  const missing = ['Source', 'DetailType', 'Detail'].find(
    (name) => typeof entry[name] !== 'string' || entry[name] === '',
  );
  if (missing !== undefined) {
    const reason = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
    return { ErrorCode: 'InvalidArgument', ErrorMessage: reason };
  }
  const { EventBusName, Source, DetailType, Detail, Time, Resources } = entry;
  const detail = objectIn(String(Detail));
  if (detail === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return {
    id: randomUUID(),
    bus: String(EventBusName ?? 'default'),
    source: String(Source),
    'detail-type': String(DetailType),
    time: new Date(typeof Time === 'number' ? Time * 1_000 : Date.now()).toISOString(),
    account,
    region,
    resources: Array.isArray(Resources) ? Resources.map(String) : [],
    detail,
  };
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
