import type { DeliveryId } from './ids.ts';
import type { Auth, Integration } from './integration.ts';
import { signatureHeaders } from './signature.ts';

/** What one attempt carries. */
export interface OutboundMessage {
  readonly eventId: string;
  readonly deliveryId: DeliveryId;
  readonly attempt: number;
  readonly body: Uint8Array;
}

/** The request of one attempt: the same body on every try, a fresh timestamp and signature. */
export function outboundCall(
  integration: Integration,
  message: OutboundMessage,
  version: string,
  nowMs: number,
): {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
} {
  const { request, signing, auth } = integration;
  const signed = { id: message.eventId, timestampSeconds: Math.floor(nowMs / 1000) };
  return {
    url: integration.endpoint,
    method: request.method,
    headers: {
      ...lowerCased(request.headers),
      ...authHeaders(auth),
      ...lowerCased(signatureHeaders(signing, { ...signed, body: message.body }, nowMs)),
      'user-agent': `Breakwater/${version}`,
      'content-type': request.contentType,
      'breakwater-delivery': message.deliveryId,
      'breakwater-attempt': String(message.attempt),
    },
    body: message.body,
    timeoutMs: request.timeoutSeconds * 1000,
  };
}

/** A URL as records and logs may show it: without its query string, which may carry a secret. */
export function shownUrl(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : `${url.slice(0, query)}?…`;
}

function authHeaders(auth: Auth): Record<string, string> {
  switch (auth.type) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` };
    case 'basic': {
      const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return { authorization: `Basic ${pair}` };
    }
    case 'apiKey':
      return { [auth.header.toLowerCase()]: auth.value };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
