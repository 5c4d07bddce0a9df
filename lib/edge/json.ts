import { invalidField, RequestError, shown } from '../domain/errors.ts';
import { parseExactJson } from '../domain/exact-json.ts';
import { repeatedName } from '../domain/json-names.ts';

export const JSON_DEPTH_MAX = 64;
export const JSON_KEYS_MAX = 10_000;
const DEPTH_RULE = `is nested more than ${JSON_DEPTH_MAX} deep`;

export interface JsonRule {
  readonly keysMax?: number;
  /** A field whose inside is somebody's own data: names may repeat there, and the last one counts. */
  readonly opaque?: string;
}

/**
 * Parses UTF-8 JSON in which no object has a name twice; what is wrong is said by its place, never
 * by quoting the payload.
 */
export function parseJson(body: Uint8Array, rule: JsonRule = {}): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new RequestError('malformed-json', 'The body is not UTF-8.', { cause });
  }
  if (text.trim() === '') throw new RequestError('malformed-json', 'The body is empty; send JSON.');
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooMuch(DEPTH_RULE);
    // The cause is left out: its message quotes the payload.
    throw new RequestError('malformed-json', `The body is not JSON: ${placeOfFault(text)}.`);
  }
  checkShape(value, rule.keysMax ?? JSON_KEYS_MAX);
  const repeated = repeatedName(text, rule.opaque);
  if (repeated !== undefined) {
    throw invalidField(repeated.map(shown).join('.'), 'is given more than once');
  }
  return value;
}

/** Refuses absurd depth and width; walks without recursion, so that depth costs no stack. */
export function checkShape(root: unknown, keysMax: number): void {
  let keys = 0;
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= JSON_DEPTH_MAX) throw tooMuch(DEPTH_RULE);
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
      if (!Array.isArray(value)) keys += children.length;
      if (keys > keysMax) throw tooMuch(`has more than ${keysMax} keys`);
      for (const child of children) {
        if (typeof child === 'object' && child !== null) below.push(child);
      }
    }
    level = below;
  }
}

function tooMuch(what: string): RequestError {
  return new RequestError('invalid', `The body ${what}.`, {
    fields: [{ path: '', message: what }],
  });
}

/** A run of characters that a JSON text may hold as they are. */
const PLAIN = String.raw`[ !#-\[\]-\u{10ffff}]*`;
const STRING = String.raw`"${PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})${PLAIN})*"`;
const SCALAR = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+\-]?\d+)?|true|false|null`;
const TOKEN = new RegExp(String.raw`[ \t\n\r]*(?:([\[\]\{\}:,])|(${STRING})|(${SCALAR}))`, 'uy');

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end';

/** Where a text stops being JSON, as line and column of the first token that does not fit. */
function placeOfFault(text: string): string {
  const open: string[] = [];
  let expected: Expected = 'value';
  TOKEN.lastIndex = 0;
  for (;;) {
    const begin = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    const next: Expected | undefined = token
      ? step(expected, token[1] ?? (token[2] ? '"' : '0'), open)
      : undefined;
    if (next === undefined) return place(text, begin);
    expected = next;
  }
}

/** What may come after `token`; undefined if it may not stand here. Keeps `open` up to date. */
function step(expected: Expected, token: string, open: string[]): Expected | undefined {
  const after = (): Expected => (open.length === 0 ? 'end' : 'comma');
  const close = (): Expected => {
    open.pop();
    return after();
  };
  switch (token) {
    case '{':
    case '[':
      if (!expected.startsWith('value')) return undefined;
      open.push(token);
      return token === '{' ? 'key or }' : 'value or ]';
    case '}':
      if (expected === 'key or }') return close();
      return expected === 'comma' && open.at(-1) === '{' ? close() : undefined;
    case ']':
      if (expected === 'value or ]') return close();
      return expected === 'comma' && open.at(-1) === '[' ? close() : undefined;
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    case ',':
      if (expected !== 'comma') return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    case '"':
      if (expected.startsWith('key')) return 'colon';
      return expected.startsWith('value') ? after() : undefined;
    default:
      return expected.startsWith('value') ? after() : undefined;
  }
}

function place(text: string, from: number): string {
  const at = from + (/^[ \t\n\r]*/.exec(text.slice(from))?.[0].length ?? 0);
  const lines = text.slice(0, at).split('\n');
  const where = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return at >= text.length ? `it ends too early, at ${where}` : `it breaks at ${where}`;
}
