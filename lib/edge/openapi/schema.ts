/** JSON Schemas (2020-12) as the OpenAPI document has them, and the pieces they are made of. */

export type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Schema>>;

/** An object of an answer: `properties` are always there, `optional` may be missing. */
export function object(properties: Schemas, optional: Schemas = {}): Schema {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  };
}

export function listOf(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more };
}

/** An object whose names are the caller's own. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export function text(more: Schema = {}): Schema {
  return { type: 'string', ...more };
}

/** A text that matches; the pattern is that of the code that reads it. */
export function matching({ source }: RegExp, more: Schema = {}): Schema {
  return { type: 'string', pattern: source, ...more };
}

export function choice(values: readonly string[], more: Schema = {}): Schema {
  return { type: 'string', enum: [...values], ...more };
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A share from 0 to 1; null where there is nothing to divide. */
export const RATE: Schema = nullable({ type: 'number', minimum: 0, maximum: 1 });
export const COUNT: Schema = { type: 'integer', minimum: 0 };
export const FLAG: Schema = { type: 'boolean' };
/** RFC 3339 in UTC with milliseconds. */
export const INSTANT: Schema = { type: 'string', format: 'date-time' };
/** Milliseconds; null without anything measured. */
export const LATENCY: Schema = nullable({ type: 'number', minimum: 0 });

const ULID = '[0-9a-hjkmnp-tv-z]{26}';

/** An id of ours: a prefix and a part that sorts by time. */
export function idOf(prefix: 'int' | 'src' | 'key' | 'job' | 'att' | 'aud'): Schema {
  return { type: 'string', pattern: `^${prefix}_${ULID}$` };
}

/** Headers of requests to a receiver: those whose names look like credentials' are secrets. */
export const SENT_HEADERS: Schema = {
  ...mapOf(text()),
  description:
    'Header names and values. A header whose name says key, token, secret, password, auth, ' +
    'credential, signature, session, cookie or the like is a credential: stored sealed, answered ' +
    'as `…`. Sent back in a change, `…` means the stored value of the same name.',
};

/** What every list answers. */
export function pageOf(items: Schema): Schema {
  return object({
    data: listOf(items),
    nextCursor: nullable(text()),
    prevCursor: nullable(text()),
  });
}
