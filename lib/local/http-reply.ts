import type { OutgoingHttpHeaders } from 'node:http';

/** What goes back to the client. */
export interface HttpReply {
  readonly statusCode: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** An answer of the gateway's own. */
export function gatewayReply(statusCode: number, message: string): HttpReply {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** The gateway itself frames and ends the answer; what a function says of that is dropped. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/** What a function returned, as an HTTP answer; undefined when it cannot be one (a 500). */
export function functionReply(payload: string): HttpReply | undefined {
  const result: unknown = JSON.parse(payload);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = Buffer.from(typeof result === 'string' ? result : payload);
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers, cookies, body = '', isBase64Encoded } = result as StructuredReply;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (typeof body !== 'string') return undefined;
  return {
    statusCode: status,
    headers: headersOf(headers ?? {}, cookies ?? []),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

interface StructuredReply {
  readonly statusCode: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly cookies?: readonly string[] | null;
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
}

function headersOf(
  given: Readonly<Record<string, unknown>>,
  cookies: readonly string[],
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'content-type': 'text/plain;charset=utf-8' };
  for (const [name, value] of Object.entries(given)) {
    const lowerCase = name.toLowerCase();
    if (!OWN_HEADERS.has(lowerCase)) headers[lowerCase] = String(value);
  }
  if (cookies.length > 0) headers['set-cookie'] = [...cookies];
  return headers;
}
