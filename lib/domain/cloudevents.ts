import { invalidField, quoted, RequestError, shown } from './errors.ts';
import type { NewEvent } from './event.ts';
import { type InputRule, PROBLEMS_TOLD_MAX, parseNewEvent } from './event-input.ts';
import { isLongNumber, parseExactJson } from './exact-json.ts';
import { EVENT_ID, fingerprint } from './ids.ts';

/** CloudEvents 1.0 attributes that become a field of the event; the others become metadata. */
const MAPPED = new Set(['specversion', 'id', 'type', 'time', 'data', 'data_base64', 'source']);
const JSON_TYPE = /^[^;]*[/+]json\s*(;|$)/i;
/** Attribute names are lower-case letters and digits (CloudEvents 1.0 §3). */
const ATTRIBUTE = /^[a-z0-9]{1,60}$/;

/**
 * One CloudEvent in structured mode. `source` and `id` name it together (§3.1): the id is kept
 * where it can be signed, else both are hashed into one. Extensions are kept as metadata.
 */
export function parseCloudEvent(input: unknown, rule: InputRule): NewEvent {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new RequestError('invalid', 'A CloudEvent is a JSON object.', {
      fields: [{ path: '', message: 'must be an object' }],
    });
  }
  const event = input as Readonly<Record<string, unknown>>;
  const fields = [
    ...(event.specversion === '1.0'
      ? []
      : [{ path: 'specversion', message: `${quote(event.specversion)} must be "1.0"` }]),
    ...['id', 'source', 'type'].flatMap((path) =>
      typeof event[path] === 'string' && event[path] !== ''
        ? []
        : [{ path, message: `${quote(event[path])} must be a text that is not empty` }],
    ),
    ...base64Problems(event),
    ...Object.keys(event).flatMap((path) =>
      ATTRIBUTE.test(path) || path === 'data_base64'
        ? []
        : [{ path: shown(path), message: 'attribute names are lower-case letters and digits' }],
    ),
    ...Object.entries(event).flatMap(([path, value]) =>
      MAPPED.has(path) || attributeText(value) !== undefined
        ? []
        : [{ path: shown(path), message: 'must be a text, a number or a boolean' }],
    ),
  ];
  if (fields.length > 0) {
    throw new RequestError('invalid', `${fields[0]?.path}: ${fields[0]?.message}`, {
      fields: fields.slice(0, PROBLEMS_TOLD_MAX),
    });
  }
  const source = event.source as string;
  const metadata = Object.fromEntries(
    Object.entries(event).flatMap(([name, value]) =>
      MAPPED.has(name) || value === null ? [] : [[`ce-${name}`, attributeText(value)]],
    ),
  );
  const id = event.id as string;
  const parsed = parseNewEvent(
    {
      type: event.type,
      id: EVENT_ID.test(id) ? id : `ce_${fingerprint(source, id)}`,
      ...dataOf(event),
      metadata,
      ...(event.time !== undefined && event.time !== null && { timestamp: event.time }),
    },
    rule,
    attributeOf,
  );
  return { ...parsed, source: source.slice(0, 256) };
}

/** What the publisher calls a field of the event. */
function attributeOf(path: string): string {
  return path === 'timestamp' ? 'time' : path.replace(/^metadata\.ce-/, '');
}

/** An attribute as a header would carry it (JSON Event Format §2.2); undefined: it is none. */
function attributeText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return String(value);
    default:
      if (value === null) return '';
      return isLongNumber(value) ? value.rawJSON : undefined;
  }
}

function base64Problems(event: Readonly<Record<string, unknown>>) {
  const { data_base64: text } = event;
  if (!('data_base64' in event)) return [];
  if (event.data !== undefined) {
    return [{ path: 'data_base64', message: 'may not stand beside data; give one of them' }];
  }
  if (typeof text === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) {
    return [];
  }
  return [{ path: 'data_base64', message: 'must be a text in base64' }];
}

/** Data is optional; as base64 it stays what it is, for our body is JSON. */
function dataOf(event: Readonly<Record<string, unknown>>): { readonly data?: unknown } {
  if ('data_base64' in event) return { data: { data_base64: event.data_base64 } };
  return event.data === undefined ? {} : { data: event.data };
}

/** A batch: a JSON array of structured CloudEvents, each parsed by the caller on its own. */
export function isCloudEventsBatch(contentType: string): boolean {
  return /^application\/cloudevents-batch\+json\s*(;|$)/i.test(contentType);
}

export function isCloudEventStructured(contentType: string): boolean {
  return /^application\/cloudevents\+json\s*(;|$)/i.test(contentType);
}

/** Binary mode: attributes in `ce-…` headers, the data as the body. */
export function isCloudEventBinary(headers: Readonly<Record<string, string>>): boolean {
  return headers['ce-specversion'] !== undefined;
}

/** Puts a binary-mode request into structured form; header values are percent-encoded (HTTP §3.1.3). */
export function structuredFromBinary(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Record<string, unknown> {
  const event: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-')) event[name.slice(3)] = percentDecoded(value, name);
  }
  const contentType = headers['content-type'];
  if (contentType !== undefined) event.datacontenttype = contentType;
  if (body.length === 0) return event;
  if (contentType === undefined || JSON_TYPE.test(contentType)) {
    event.data = parseJson(body);
    return event;
  }
  try {
    event.data = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    // Not text: CloudEvents JSON carries binary data as base64.
    event.data_base64 = Buffer.from(body).toString('base64');
  }
  return event;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    if (cause instanceof RangeError) throw invalidField('data', 'is nested too deep');
    throw new RequestError('malformed-json', 'The body is not valid JSON in UTF-8.', { cause });
  }
}

function percentDecoded(value: string, name: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new RequestError('invalid-header', `${name}: the value is not percent-encoded UTF-8.`, {
      cause,
    });
  }
}

function quote(value: unknown): string {
  return value === undefined ? 'missing:' : quoted(value);
}
