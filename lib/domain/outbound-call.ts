import type { DeliveryId } from './ids.ts';
import type { Integration } from './integration.ts';
import { outboundBody } from './outbound-body.ts';
import { type Addressed, pathSecret } from './redaction.ts';
import { signatureHeaders } from './signature.ts';

/** What one attempt carries. */
export interface OutboundMessage {
  readonly eventId: string;
  readonly deliveryId: DeliveryId;
  readonly attempt: number;
  /** The event as it is stored. */
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
  /** Why there is nothing to send, whatever the try. */
  readonly unsendable?: string;
} {
  const { request, signing } = integration;
  const made = outboundBody(integration, message.eventId, message.body);
  const body = made.kind === 'ready' ? made.body : new Uint8Array();
  const signed = { id: message.eventId, timestampSeconds: Math.floor(nowMs / 1000) };
  return {
    url: integration.endpoint,
    method: request.method,
    headers: {
      ...lowerCased(request.headers),
      ...authHeaders(integration),
      ...lowerCased(signatureHeaders(signing, { ...signed, body }, nowMs)),
      'user-agent': `Breakwater/${version}`,
      'content-type': request.contentType,
      'breakwater-delivery': message.deliveryId,
      'breakwater-attempt': String(message.attempt),
    },
    body,
    timeoutMs: request.timeoutSeconds * 1000,
    ...(made.kind === 'unsendable' && { unsendable: made.reason }),
  };
}

/**
 * A URL as records and logs may show it: without its query string, which may carry a secret, and
 * without the end of its path where that is one.
 */
export function shownUrl({ serviceType, endpoint }: Addressed): string {
  const query = endpoint.indexOf('?');
  const path = query < 0 ? endpoint : endpoint.slice(0, query);
  const token = pathSecret({ serviceType, endpoint });
  const shown = token === undefined ? path : `${path.slice(0, path.lastIndexOf(token))}…`;
  return query < 0 ? shown : `${shown}?…`;
}

function authHeaders({ serviceType, auth }: Integration): Record<string, string> {
  // It is in the body.
  if (serviceType === 'pagerduty') return {};
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
