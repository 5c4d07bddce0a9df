/** Which headers a tenant may add to its requests, and which no one may but the HTTP client. */
import type { FieldError } from './errors.ts';
import { shown } from './errors.ts';
import { HIDDEN_VALUE } from './secret-headers.ts';

export const CUSTOM_HEADERS_MAX = 32;
export const CUSTOM_HEADERS_BYTES_MAX = 8_192;
export const HEADER_VALUE_CHARS_MAX = 1_024;
/** A credential of our own making, such as a bearer token, may be longer than a custom header. */
const WIRE_VALUE_CHARS_MAX = 8_192;
/** `: ` and the line end. */
const HEADER_OVERHEAD_BYTES = 4;

const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
const VALUE = /^[\x20-\x7e]*$/;

/** They frame the message or the connection: a second opinion on them smuggles a request. */
const FRAMING: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
  'accept-encoding',
]);
const FRAMING_PREFIX = 'proxy-';

/** They say who sends, what, and on whose behalf: Breakwater's to set, or nobody's. */
const RESERVED: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'user-agent',
  'date',
  'via',
  'forwarded',
  'x-real-ip',
  'cookie',
  'set-cookie',
  'authorization',
]);
const RESERVED_PREFIXES: readonly string[] = [
  'x-forwarded-',
  'webhook-',
  'svix-',
  'breakwater-',
  'x-amz-',
  'x-amzn-',
];

/** Why a tenant may not set a header of this name, or undefined. */
export function headerNameProblem(name: string): string | undefined {
  const quoted = JSON.stringify(shown(name));
  if (!NAME.test(name)) {
    return `${quoted} is not a header name; allowed: 1–64 letters, digits and hyphens`;
  }
  const lower = name.toLowerCase();
  return isReserved(lower) ? `${quoted} may not be set here${hint(lower)}` : undefined;
}

/** Why a tenant may not set this header, or undefined. Never quotes the value: it may be secret. */
export function headerProblem(name: string, value: unknown): string | undefined {
  const nameProblem = headerNameProblem(name);
  return nameProblem ?? headerValueProblem(value);
}

/** Why a header may not have this value, or undefined; never quotes it. */
export function headerValueProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'the value must be text';
  if (value.length > HEADER_VALUE_CHARS_MAX) {
    return `the value has ${value.length} characters; allowed: ${HEADER_VALUE_CHARS_MAX}`;
  }
  if (value === HIDDEN_VALUE) {
    return `${HIDDEN_VALUE} stands for a value that is not shown; allowed: the value itself`;
  }
  return VALUE.test(value) ? undefined : 'allowed: visible ASCII characters and spaces';
}

/** Every problem of a set of headers; `path` is the header's name, empty for the whole set. */
export function headersProblems(
  headers: Readonly<Record<string, unknown>>,
  problemOf = headerProblem,
): readonly FieldError[] {
  const entries = Object.entries(headers);
  if (entries.length > CUSTOM_HEADERS_MAX) {
    return [{ path: '', message: `${entries.length} headers; allowed: ${CUSTOM_HEADERS_MAX}` }];
  }
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    const repeated = seen.has(lower) ? `${JSON.stringify(shown(name))} is given twice` : undefined;
    const message = problemOf(name, value) ?? repeated;
    if (message !== undefined) errors.push({ path: shown(name), message });
    seen.add(lower);
    // What is no text is refused already, and need not be one that can be made a text of.
    const length = typeof value === 'string' ? value.length : 0;
    bytes += name.length + length + HEADER_OVERHEAD_BYTES;
  }
  if (bytes > CUSTOM_HEADERS_BYTES_MAX) {
    errors.push({
      path: '',
      message: `${bytes} bytes in all; allowed: ${CUSTOM_HEADERS_BYTES_MAX}`,
    });
  }
  return errors;
}

/** Whether this header, whoever set it, can go on the wire without touching the framing. */
export function isWireSafe(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  if (!NAME.test(name) || FRAMING.has(lower) || lower.startsWith(FRAMING_PREFIX)) return false;
  return value.length <= WIRE_VALUE_CHARS_MAX && VALUE.test(value);
}

function isReserved(lower: string): boolean {
  if (FRAMING.has(lower) || RESERVED.has(lower)) return true;
  return [FRAMING_PREFIX, ...RESERVED_PREFIXES].some((prefix) => lower.startsWith(prefix));
}

function hint(lower: string): string {
  if (lower === 'authorization') return '; use "auth"';
  if (lower === 'content-type') return '; use "request.contentType"';
  return ': it is set by the sender alone';
}
