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
  ...['document-policy', 'feature-policy', 'origin-agent-cluster', 'permissions-policy'],
  ...['referrer-policy', 'refresh', 'report-to', 'reporting-endpoints', 'service-worker-allowed'],
  ...['set-cookie', 'set-cookie2', 'set-login', 'sourcemap', 'speculation-rules', 'vary'],
  ...['strict-transport-security', 'timing-allow-origin', 'x-content-security-policy'],
  ...['x-content-type-options', 'x-frame-options', 'x-permitted-cross-domain-policies'],
  ...['x-request-id', 'x-sourcemap', 'x-webkit-csp', 'x-xss-protection'],
]);
const OURS_PREFIXES: readonly string[] = [
  ...['access-control-', 'apigw-', 'breakwater-', 'content-security-policy', 'cross-origin-'],
  ...['proxy-', 'public-key-pins', 'x-amz-', 'x-amzn-', 'x-breakwater-'],
];
/**
 * What clients act on by themselves, at the origin that they asked: they would follow a redirect
 * with their key to another route of Breakwater's, and take its own key or limit for used up. So
 * callers get them under a name of their own.
 */
const OF_SERVICE = 'x-breakwater-service-';
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const UNTYPED = 'application/octet-stream';

/** A service's header lines as they may be passed on: several of one name are joined. */
export function passedHeaders(
  statusCode: number,
  lines: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  const named = new Set(
    lines.flatMap(([name, value]) => (name === 'connection' ? tokens(value) : [])),
  );
  const joined = new Map<string, string>();
  for (const [name, value] of lines) {
    if (!NAME.test(name) || HOP_BY_HOP.has(name) || named.has(name) || isOurs(name)) continue;
    const passed = isActedOn(name, statusCode) ? `${OF_SERVICE}${name}` : name;
    const before = joined.get(passed);
    joined.set(passed, before === undefined ? value : `${before}, ${value}`);
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
  const headers = passedHeaders(statusCode, lines);
  // Without a type API Gateway calls it text.
  const type = body.length > 0 && headers['content-type'] === undefined;
  return { statusCode, headers: { ...headers, ...(type && { 'content-type': UNTYPED }) }, body };
}

/** A redirect of it leads callers no further than a service's would. */
export function staticAnswer({ statusCode, headers, body }: StaticLink): CallAnswer {
  const named = Object.entries(headers).map(([given, value]) => {
    const name = given.toLowerCase();
    return [isActedOn(name, statusCode) ? `${OF_SERVICE}${name}` : name, value];
  });
  return { statusCode, headers: Object.fromEntries(named), body: Buffer.from(body, 'utf8') };
}

function tokens(value: string): readonly string[] {
  return value.split(',').map((token) => token.trim().toLowerCase());
}

function isActedOn(name: string, statusCode: number): boolean {
  if (name === 'location') return statusCode >= 300 && statusCode < 400;
  return name === 'www-authenticate' || name === 'ratelimit' || name.startsWith('ratelimit-');
}

function isOurs(name: string): boolean {
  return OURS.has(name) || OURS_PREFIXES.some((prefix) => name.startsWith(prefix));
}
