import type { StaticLink } from './fallback.ts';

/** An answer as the caller gets it, whoever gave it. */
export interface CallAnswer {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** More of a service's headers than these are left out, from the end; API Gateway takes 10 KB. */
const HEADERS_MAX = 64;
const HEADERS_BYTES_MAX = 8_192;
/** What the body cannot be read without comes first. */
const FIRST: readonly string[] = ['content-type', 'content-encoding', 'retry-after', 'etag'];

/** RFC 9110 §7.6.1, and what frames the message. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'content-length', 'date'],
]);
/** They would speak for Breakwater's own origin, or say what Breakwater says itself. */
const OURS: ReadonlySet<string> = new Set([
  ...['alt-svc', 'cache-control', 'clear-site-data', 'idempotency-replayed', 'nel', 'pragma'],
  ...['referrer-policy', 'refresh', 'report-to', 'reporting-endpoints', 'service-worker-allowed'],
  ...['set-cookie', 'set-cookie2', 'strict-transport-security', 'vary', 'x-content-type-options'],
  ...['x-frame-options', 'x-request-id'],
]);
const OURS_PREFIXES: readonly string[] = [
  ...['access-control-', 'apigw-', 'breakwater-', 'content-security-policy', 'cross-origin-'],
  ...['proxy-', 'x-amz-', 'x-amzn-', 'x-breakwater-'],
];
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const UNTYPED = 'application/octet-stream';

/** A service's header lines as they may be passed on: several of one name are joined. */
export function passedHeaders(
  lines: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  const named = new Set(
    lines.flatMap(([name, value]) => (name === 'connection' ? tokens(value) : [])),
  );
  const joined = new Map<string, string>();
  for (const [name, value] of lines) {
    if (!NAME.test(name) || HOP_BY_HOP.has(name) || named.has(name) || isOurs(name)) continue;
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const ordered = new Set([...FIRST.filter((name) => joined.has(name)), ...joined.keys()]);
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const name of ordered) {
    const value = joined.get(name) ?? '';
    const size = name.length + Buffer.byteLength(value);
    if (kept.length === HEADERS_MAX || bytes + size > HEADERS_BYTES_MAX) continue;
    bytes += size;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** A whole answer of the service. */
export function answerOf(
  statusCode: number,
  lines: readonly (readonly [name: string, value: string])[],
  body: Uint8Array,
): CallAnswer {
  const headers = passedHeaders(lines);
  // Without a type API Gateway calls it text.
  const type = body.length > 0 && headers['content-type'] === undefined;
  return { statusCode, headers: { ...headers, ...(type && { 'content-type': UNTYPED }) }, body };
}

export function staticAnswer({ statusCode, headers, body }: StaticLink): CallAnswer {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { statusCode, headers: Object.fromEntries(named), body: Buffer.from(body, 'utf8') };
}

function tokens(value: string): readonly string[] {
  return value.split(',').map((token) => token.trim().toLowerCase());
}

function isOurs(name: string): boolean {
  return OURS.has(name) || OURS_PREFIXES.some((prefix) => name.startsWith(prefix));
}
