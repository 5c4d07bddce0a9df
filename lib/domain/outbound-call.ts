import { isArn } from './arn.ts';
import { awsCall, type Envelope } from './aws-call.ts';
import type { ServiceCall } from './call.ts';
import type { DeliveryId } from './ids.ts';
import type { Integration } from './integration.ts';
import { outboundBody } from './outbound-body.ts';
import { queuedCall } from './queued-call.ts';
import { type Addressed, pathSecret } from './redaction.ts';
import type { Headers } from './secret-headers.ts';
import { signatureHeaders } from './signature.ts';
import { hidesQuery, urlShown } from './url-shown.ts';

/** What one attempt carries. */
export interface OutboundMessage {
  readonly eventId: string;
  readonly deliveryId: DeliveryId;
  readonly attempt: number;
  /** The event as it is stored. */
  readonly body: Uint8Array;
  /** Of the event; a FIFO queue keeps the order of those that have the same. */
  readonly orderingKey?: string;
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
  /** To a queue or an event bus of AWS, whose ARN is then the URL. */
  readonly envelope?: Envelope;
  /** Why there is nothing to send, whatever the try. */
  readonly unsendable?: string;
  /** Of a call that was kept: what its caller gave. */
  readonly callerHeaders?: Headers;
} {
  const { request } = integration;
  const queued = queuedCall(integration, message.body);
  const call = queued?.kind === 'call' ? queued.call : undefined;
  const made =
    call === undefined
      ? (queued ?? outboundBody(integration, message.eventId, message.body))
      : { kind: 'ready' as const, body: bodyOf(call) };
  const body = made.kind === 'ready' ? made.body : new Uint8Array();
  const own = {
    ...signed(integration, { id: message.eventId, body }, nowMs),
    'breakwater-delivery': message.deliveryId,
    'breakwater-attempt': String(message.attempt),
  };
  const target = { url: integration.endpoint, body, timeoutMs: request.timeoutSeconds * 1000 };
  const reason = made.kind === 'unsendable' ? made.reason : undefined;
  if (isArn(integration.endpoint)) {
    const sent = { ...message, stored: message.body, body, headers: own };
    const { problem, ...call } = awsCall(integration, sent);
    return { ...target, ...call, ...unsendable(reason ?? problem) };
  }
  if (queued?.kind === 'call') {
    const { url, call } = queued;
    const callerHeaders = call.headers;
    return { ...target, ...requestTo(integration, call, own, version), url, callerHeaders };
  }
  return {
    ...target,
    method: request.method,
    headers: {
      ...lowerCased(request.headers),
      ...authHeaders(integration),
      ...own,
      'user-agent': `Breakwater/${version}`,
      'content-type': request.contentType,
    },
    ...unsendable(reason),
  };
}

/** Method and headers of a call: what the integration sets is not the caller's to change. */
export function requestTo(
  integration: Integration,
  call: ServiceCall,
  own: Readonly<Record<string, string>>,
  version: string,
) {
  return {
    method: call.method,
    headers: {
      ...call.headers,
      ...lowerCased(integration.request.headers),
      ...authHeaders(integration),
      ...own,
      'breakwater-call': call.id,
      'user-agent': `Breakwater/${version}`,
    },
  };
}

export function bodyOf({ body }: ServiceCall): Uint8Array {
  return Buffer.from(body ?? '', 'utf8');
}

/** The headers that carry id, time and signature of what is sent now. */
export function signed(
  integration: Integration,
  { id, body }: { readonly id: string; readonly body: Uint8Array },
  nowMs: number,
): Record<string, string> {
  requireOpened(integration);
  const timestampSeconds = Math.floor(nowMs / 1000);
  return lowerCased(signatureHeaders(integration.signing, { id, timestampSeconds, body }, nowMs));
}

/** What is sealed has no secrets to send, and no query. */
function requireOpened({ sealed, endpoint }: Integration): void {
  if (sealed === undefined && !hidesQuery(endpoint)) return;
  throw new Error('An integration was to be called before its secrets were opened.');
}

/**
 * A URL as records and logs may show it: without its query string, which may carry a secret, and
 * without the end of its path where that is one.
 */
export function shownUrl({ serviceType, endpoint }: Addressed): string {
  const shown = urlShown(endpoint);
  const token = pathSecret({ serviceType, endpoint });
  if (token === undefined) return shown;
  const [path = ''] = endpoint.split('?', 1);
  return `${path.slice(0, path.lastIndexOf(token))}…${shown.slice(path.length)}`;
}

function authHeaders({ serviceType, auth }: Integration): Record<string, string> {
  // It is in the body.
  if (serviceType === 'pagerduty') return {};
  switch (auth.type) {
    case 'none':
    // Its token is known when it is sent: `sendCall` adds the header.
    case 'oauth2ClientCredentials':
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

function unsendable(reason: string | undefined): { readonly unsendable?: string } {
  return reason === undefined ? {} : { unsendable: reason };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
