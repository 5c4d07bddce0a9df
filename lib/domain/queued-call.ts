import { CALL_METHODS, type CallId, QUEUED_CALL_TYPE, type ServiceCall } from './call.ts';
import { callUrl } from './call-url.ts';
import { EVENT_ID, type IntegrationId } from './ids.ts';
import type { Integration } from './integration.ts';
import { isJsonObject } from './merge-patch.ts';
import { headersProblems } from './outbound-headers.ts';
import { type Headers, headersShown } from './secret-headers.ts';

/** How the body of every such event begins, as `recordOf` writes it. */
const HEAD = Buffer.from(`{"type":${JSON.stringify(QUEUED_CALL_TYPE)},`);
/** Long enough for any content type. */
const MEDIA_TYPE = /^[\x20-\x7e]{1,256}$/;

/** The event's data: with it the same request can be made again. */
export function queuedCallData(integrationId: IntegrationId, call: ServiceCall) {
  const { id, method, path, query, headers, body } = call;
  return {
    integration: integrationId,
    id,
    method,
    path,
    query,
    headers,
    ...(body !== undefined && { body }),
  };
}

/** The event's data as answers show it: its caller may have given credentials in headers. */
export function queuedCallShown(data: unknown): unknown {
  if (!isJsonObject(data) || !isJsonObject(data.headers)) return data;
  return { ...data, headers: headersShown(data.headers as Headers) };
}

export type QueuedCall =
  | { readonly kind: 'call'; readonly call: ServiceCall; readonly url: string }
  | { readonly kind: 'unsendable'; readonly reason: string };

/**
 * The request that a stored event stands for; undefined for every event that is no queued call, and
 * for a queue in the integration's place, which gets the event as it is.
 */
export function queuedCall(integration: Integration, stored: Uint8Array): QueuedCall | undefined {
  if (Buffer.compare(stored.subarray(0, HEAD.length), HEAD) !== 0) return undefined;
  const document: unknown = JSON.parse(new TextDecoder().decode(stored));
  const data = isJsonObject(document) ? document.data : undefined;
  if (!isJsonObject(data)) return unsendable('the event holds no call');
  // Whatever a chain or a replay says: credentials and data of one service are not for another.
  if (data.integration !== integration.id) return unsendable('a call is for its own integration');
  if (integration.serviceType === 'sqs') return undefined;
  if (integration.serviceType !== 'rest_api') return unsendable('serviceType is not rest_api');
  const call = callOf(data);
  if (call === undefined) return unsendable('the event holds no call');
  const joined = callUrl(integration.endpoint, call);
  return joined.ok ? { kind: 'call', call, url: joined.url } : unsendable(joined.reason);
}

function unsendable(reason: string): QueuedCall {
  return { kind: 'unsendable', reason: `call: ${reason}` };
}

/** Read as carefully as from a caller: a test call may have made it up. */
function callOf(data: Readonly<Record<string, unknown>>): ServiceCall | undefined {
  const { id, path, query, headers, body } = data;
  const method = CALL_METHODS.find((name) => name === data.method);
  if (method === undefined || typeof path !== 'string' || typeof id !== 'string') return undefined;
  if (!EVENT_ID.test(id) || !isPairs(query) || !isJsonObject(headers)) return undefined;
  if (body !== undefined && typeof body !== 'string') return undefined;
  const { 'content-type': type, ...others } = headers;
  if (type !== undefined && !isMediaType(type)) return undefined;
  if (headersProblems(others).length > 0) return undefined;
  const call = {
    id: id as CallId,
    method,
    path,
    query,
    headers: headers as Record<string, string>,
  };
  return body === undefined ? call : { ...call, body };
}

export function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && MEDIA_TYPE.test(value);
}

function isPairs(value: unknown): value is ServiceCall['query'] {
  return Array.isArray(value) && value.every((one) => isPair(one));
}

function isPair(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
  );
}
