import * as z from 'zod/mini';
import { shown } from '../errors.ts';
import { headersProblems, headerValueProblem, isWireSafe } from '../outbound-headers.ts';
import { refusing, whole } from './field.ts';
import { headersOf } from './request-input.ts';

/** The answer that a `static` link gives in a service's place. */

const BODY_BYTES_MAX = 65_536;
/** RFC 9110: these statuses have no content. */
const BODILESS: readonly number[] = [204, 205, 304];

/** What the answers of the API itself say, or what would speak for its whole origin. */
const OURS: ReadonlySet<string> = new Set([
  ...['age', 'allow', 'clear-site-data', 'content-encoding', 'date', 'server', 'via', 'vary'],
  ...['authorization', 'cookie', 'set-cookie', 'www-authenticate', 'referrer-policy', 'refresh'],
  ...['strict-transport-security', 'idempotency-replayed', 'alt-svc', 'reporting-endpoints'],
  ...['x-request-id', 'x-content-type-options', 'x-frame-options', 'service-worker-allowed'],
]);
const OURS_PREFIXES = [
  ...['access-control-', 'breakwater-', 'content-security-policy', 'cross-origin-'],
  ...['ratelimit', 'x-amz-', 'x-amzn-', 'x-breakwater-', 'x-forwarded-'],
];

export const staticShape = () => ({
  statusCode: z._default(whole(200, 599), 200),
  headers: z._default(
    headersOf((headers) => headersProblems(headers, answerHeaderProblem)),
    {},
  ),
  body: z._default(
    z.string(refusing('a text')).check((given) => {
      const bytes = Buffer.byteLength(given.value);
      if (bytes <= BODY_BYTES_MAX) return;
      const message = `${bytes} bytes; allowed: ${BODY_BYTES_MAX}`;
      given.issues.push({ code: 'custom', input: undefined, message });
    }),
    '',
  ),
});

/** Why this status and this body do not go together, or undefined. */
export function bodilessProblem(statusCode: unknown, body: unknown): string | undefined {
  if (typeof statusCode !== 'number' || !BODILESS.includes(statusCode)) return undefined;
  if (typeof body !== 'string' || body === '') return undefined;
  return `${Buffer.byteLength(body)} bytes; allowed: none with the status ${statusCode}`;
}

function answerHeaderProblem(name: string, value: unknown): string | undefined {
  const lower = name.toLowerCase();
  const quoted = JSON.stringify(shown(name));
  if (!isWireSafe(name, '') || OURS.has(lower) || OURS_PREFIXES.some((p) => lower.startsWith(p))) {
    return `${quoted} may not be set here; allowed: names of 1–64 letters, digits and hyphens that neither frame an answer nor are Breakwater's own`;
  }
  return headerValueProblem(value);
}
