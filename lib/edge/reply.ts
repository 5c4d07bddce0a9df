import type { ErrorCode } from '../domain/errors.ts';
import { compressed } from '../runtime/gzip.ts';
import { API_POLICY } from './content-security.ts';

/** What a route returns: a JSON `body`, or a ready `text` with its own content type, or neither. */
export interface Reply {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
  /** A body that may be anything, with its own content type; in place of the others. */
  readonly bytes?: Uint8Array;
  /** Of a problem, for the log. */
  readonly code?: ErrorCode;
}

export function ok(body: unknown): Reply {
  return { statusCode: 200, body };
}

/** A reply as it goes out and as an idempotency key keeps it: text, headers in lower case. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `body` is base64 of what goes out. */
  readonly isBase64?: true;
  readonly code?: ErrorCode;
}

/** What Lambda hands to the HTTP API (payload format 2.0). */
export interface WireAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

/** Bodies above this many bytes are worth compressing. */
const COMPRESS_ABOVE_BYTES = 1_024;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': API_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function render(reply: Reply): Answer {
  const { statusCode, headers = {}, code } = reply;
  if (reply.bytes !== undefined) {
    // A view, not a copy: it may be 4 MiB.
    const { buffer, byteOffset, byteLength } = reply.bytes;
    const body = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    return { statusCode, headers, body, isBase64: true };
  }
  if (reply.text !== undefined) return { statusCode, headers, body: reply.text };
  if (reply.body === undefined) return { statusCode, headers, body: '' };
  return {
    statusCode,
    ...(code !== undefined && { code }),
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(reply.body),
  };
}

/** Adds what every answer carries, and compresses where it pays and the client accepts it. */
export function wire(
  answer: Answer,
  request: { readonly id: string; readonly acceptEncoding: string | undefined },
): WireAnswer {
  const headers = {
    ...SECURITY_HEADERS,
    vary: 'accept, accept-encoding',
    ...answer.headers,
    'x-request-id': request.id,
  };
  const { statusCode, body } = answer;
  if (answer.isBase64) return wireBytes(answer, headers, request.acceptEncoding);
  const pays = Buffer.byteLength(body) > COMPRESS_ABOVE_BYTES;
  if (!pays || !acceptsGzip(request.acceptEncoding)) {
    return { statusCode, headers, body, isBase64Encoded: false };
  }
  return {
    statusCode,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: compressed(body).toString('base64'),
    isBase64Encoded: true,
  };
}

/** Compressed only where it is text, and nothing that is said of the bytes would become untrue. */
const TEXT_TYPE = /^(text\/|application\/(.*\+)?(json|xml|javascript)\b)/i;
const SAID_OF_BYTES: readonly string[] = [
  ...['content-encoding', 'content-range', 'content-md5', 'digest', 'content-digest', 'etag'],
];

function wireBytes(
  { statusCode, headers: own, body }: Answer,
  headers: Record<string, string>,
  acceptEncoding: string | undefined,
): WireAnswer {
  const pays =
    Buffer.byteLength(body, 'base64') > COMPRESS_ABOVE_BYTES &&
    TEXT_TYPE.test(own['content-type'] ?? '') &&
    !SAID_OF_BYTES.some((name) => own[name] !== undefined);
  if (!pays || !acceptsGzip(acceptEncoding)) {
    return { statusCode, headers, body, isBase64Encoded: true };
  }
  return {
    statusCode,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: compressed(Buffer.from(body, 'base64')).toString('base64'),
    isBase64Encoded: true,
  };
}

/** RFC 9110 §12.5.3: an own weight for gzip wins over that of `*`; weight 0 is a refusal. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const weights = weightsOf(acceptEncoding ?? '');
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Whether the client would rather have CSV than JSON; without a wish it gets JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  const weights = weightsOf(accept ?? '');
  const csv = weights.get('text/csv') ?? weights.get('text/*') ?? 0;
  const json = weights.get('application/json') ?? weights.get('application/*') ?? 0;
  return csv > 0 && csv >= json;
}

const CHOICES_MAX = 32;

function weightsOf(header: string): ReadonlyMap<string, number> {
  const choices = header.toLowerCase().split(',').slice(0, CHOICES_MAX);
  return new Map(
    choices.map((choice) => {
      const [name = '', ...parameters] = choice.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
      const value = weight === undefined ? 1 : Number(weight.slice(weight.indexOf('=') + 1));
      return [name, Number.isNaN(value) ? 0 : value];
    }),
  );
}
