import { type FieldError, quoted, RequestError, shown } from './errors.ts';
import { EVENT_TYPE, EVENT_TYPE_CHARS_MAX, type NewEvent } from './event.ts';
import { EVENT_ID } from './ids.ts';
import { instant } from './instant.ts';
import { TENANT } from './integration.ts';
import { HOSTILE_NAMES } from './json-names.ts';
import { ORDERING_KEY } from './line.ts';
import { METADATA_CHARS_MAX, METADATA_NAME_CHARS_MAX, METADATA_PAIRS_MAX } from './metadata.ts';
import { isReservedType, RESERVED_RULE } from './routing.ts';

export const DIRECT_TARGETS_MAX = 100;
/** Told of one event: a batch of a hundred has room in one answer. */
export const PROBLEMS_TOLD_MAX = 20;
/** How far ahead `deliverAt` may be, in days. */
export const DELIVER_AHEAD_DAYS_MAX = 20;
const FIELDS = new Set([
  'type',
  'data',
  'id',
  'tenant',
  'timestamp',
  'orderingKey',
  'integrations',
  'deliverAt',
  'metadata',
]);
const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

export interface InputRule {
  /** Taken where the caller names none. */
  readonly defaultTenant: string;
  readonly nowMs: number;
}

/**
 * Reads an event as `POST /v1/events` takes it; every problem of it comes in one error, under the
 * name that `called` has for the field's path.
 */
export function parseNewEvent(
  input: unknown,
  rule: InputRule,
  called: (path: string) => string = (path) => path,
): NewEvent {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new RequestError('invalid', `An event is a JSON object, not ${kindOf(input)}.`, {
      fields: [{ path: '', message: `must be an object, not ${kindOf(input)}` }],
    });
  }
  const read = new EventReader(input as Readonly<Record<string, unknown>>, called);
  read.unknownFields();
  const type = read.text('type', EVENT_TYPE, EVENT_TYPE_CHARS_MAX, TYPE_RULE);
  if (type === undefined && read.get('type') === undefined) {
    read.fail('type', `is required: ${TYPE_RULE}`);
  }
  if (type !== undefined && isReservedType(type)) {
    read.fail('type', `${quoted(type)} is not allowed: ${RESERVED_RULE}`);
  }
  const id = read.text('id', CALLERS_ID, 128, CALLERS_ID_RULE);
  const tenant = read.text('tenant', TENANT, 64, '1–64 of A–Z a–z 0–9 _ . -');
  const timestampMs = read.instant('timestamp');
  const orderingKey = read.text('orderingKey', ORDERING_KEY, 128, ORDERING_KEY_RULE);
  const integrations = read.texts('integrations');
  const deliverAtMs = read.instant('deliverAt');
  const farthestMs = rule.nowMs + DELIVER_AHEAD_DAYS_MAX * 86_400_000;
  if (deliverAtMs !== undefined && deliverAtMs > farthestMs) {
    read.fail('deliverAt', `may be ${DELIVER_AHEAD_DAYS_MAX} days ahead at most`);
  }
  const metadata = read.pairs('metadata');
  read.throwIfWrong();
  return {
    tenant: tenant ?? rule.defaultTenant,
    type: type ?? '',
    data: Object.hasOwn(input, 'data') ? read.get('data') : {},
    ...(id !== undefined && { id }),
    ...(timestampMs !== undefined && { timestamp: instant(timestampMs) }),
    ...(integrations !== undefined && { integrations }),
    ...(deliverAtMs !== undefined && { deliverAtMs }),
    ...(orderingKey !== undefined && { orderingKey }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** What Breakwater itself publishes has ids that begin like this: nobody may take them before. */
export const CALLERS_ID = new RegExp(`^(?!breaker-int_)${EVENT_ID.source.slice(1)}`);
const CALLERS_ID_RULE = '1–128 of A–Z a–z 0–9 _ -, not beginning with breaker-int_';
const ORDERING_KEY_RULE = '1 to 128 visible ASCII characters, no space';
const TYPE_RULE = `dot-separated segments of A–Z a–z 0–9 _ -, up to ${EVENT_TYPE_CHARS_MAX} characters, such as invoice.paid`;

/** RFC 3339 has four digits for a year: another offset must not lead to what it cannot write. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');
/** What `parseInstant` takes, for a refusal. */
export const INSTANT_RULE =
  'an RFC 3339 time such as 2026-01-31T12:00:00.000Z, of the years 0001 to 9999 in UTC';

/** An RFC 3339 time in milliseconds, undefined for any other text and one out of range. */
export function parseInstant(text: string): number | undefined {
  if (!RFC3339.test(text)) return undefined;
  const atMs = Date.parse(text.replace(/[Tt]/, 'T').replace(/[Zz]$/, 'Z').replace(/:60/, ':59'));
  // Date.parse rolls 31 February over into March: the day must still be the one written.
  if (!(atMs >= EARLIEST_MS && atMs <= LATEST_MS)) return undefined;
  const day = Number(text.slice(8, 10));
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0));
  return day > lastDay.getUTCDate() ? undefined : atMs;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Reads one field at a time and remembers what was wrong. */
class EventReader {
  private readonly input: Readonly<Record<string, unknown>>;
  private readonly called: (path: string) => string;
  private readonly wrong: FieldError[] = [];

  constructor(input: Readonly<Record<string, unknown>>, called: (path: string) => string) {
    this.input = input;
    this.called = called;
  }

  get(path: string): unknown {
    return Object.hasOwn(this.input, path) ? this.input[path] : undefined;
  }

  fail(path: string, message: string): undefined {
    this.wrong.push({ path: this.called(path), message });
    return undefined;
  }

  unknownFields(): void {
    for (const name of Object.keys(this.input)) {
      if (!FIELDS.has(name)) {
        this.fail(shown(name), `is not a field of an event; allowed: ${[...FIELDS].join(', ')}`);
      }
    }
  }

  text(path: string, pattern: RegExp, charsMax: number, rule: string): string | undefined {
    const value = this.get(path);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= charsMax && pattern.test(value)) return value;
    return this.fail(path, `${quoted(value)} is not allowed: ${rule}`);
  }

  instant(path: string): number | undefined {
    const value = this.get(path);
    if (value === undefined) return undefined;
    const atMs = typeof value === 'string' ? parseInstant(value) : undefined;
    if (atMs !== undefined) return atMs;
    return this.fail(path, `${quoted(value)} is not allowed: ${INSTANT_RULE}`);
  }

  texts(path: string): readonly string[] | undefined {
    const value = this.get(path);
    if (value === undefined) return undefined;
    const rule = `must be a list of 1–${DIRECT_TARGETS_MAX} integration ids or names`;
    if (!Array.isArray(value) || value.length < 1 || value.length > DIRECT_TARGETS_MAX) {
      return this.fail(path, `${quoted(value)}: ${rule}`);
    }
    const texts = value.filter((entry): entry is string => typeof entry === 'string');
    return texts.length === value.length ? texts : this.fail(path, rule);
  }

  pairs(path: string): Readonly<Record<string, string>> | undefined {
    const value = this.get(path);
    if (value === undefined) return undefined;
    const rule = `must be an object of at most ${METADATA_PAIRS_MAX} texts, each up to ${METADATA_CHARS_MAX} characters`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.fail(path, `${quoted(value)}: ${rule}`);
    }
    const entries = Object.entries(value as Record<string, unknown>);
    if (entries.length > METADATA_PAIRS_MAX) return this.fail(path, rule);
    for (const [name, entry] of entries) {
      if (HOSTILE_NAMES.includes(name)) this.fail(`${path}.${name}`, 'is not allowed as a name');
      const fits = typeof entry === 'string' && entry.length <= METADATA_CHARS_MAX;
      if (!fits || name.length > METADATA_NAME_CHARS_MAX) {
        this.fail(`${path}.${shown(name)}`, `${quoted(entry)}: ${rule}`);
      }
    }
    return Object.fromEntries(entries) as Record<string, string>;
  }

  throwIfWrong(): void {
    if (this.wrong.length === 0) return;
    const [first] = this.wrong;
    const more = this.wrong.length > 1 ? ` (and ${this.wrong.length - 1} more)` : '';
    throw new RequestError('invalid', `${first?.path}: ${first?.message}${more}`, {
      fields: this.wrong.slice(0, PROBLEMS_TOLD_MAX),
    });
  }
}
