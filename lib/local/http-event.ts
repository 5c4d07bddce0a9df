import { isUtf8 } from 'node:buffer';
import { decoded } from './http-routes.ts';

/** Requests as API Gateway hands them to functions: payload format 2.0 of HTTP APIs. */

export interface RawRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Names and values alternating, as they came in. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
}

export interface EventPlace {
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly domainName: string;
}

export interface RoutedRequest {
  readonly request: RawRequest;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  readonly requestId: string;
  readonly nowMs: number;
}

/** What an authorizer puts into `requestContext.authorizer.lambda`. */
export type AuthorizerContext = Readonly<Record<string, unknown>>;

/** The part that authorizer and function see alike. */
function commonEvent(place: EventPlace, routed: RoutedRequest) {
  const { request, routeKey, pathParameters } = routed;
  const { path, query } = splitTarget(request.target);
  const { headers, cookies } = headersOf(request, place.domainName);
  const parameters = queryParameters(query);
  return {
    version: '2.0',
    routeKey,
    // Decoded, unlike the paths that function URLs hand on.
    rawPath: decoded(path),
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(parameters !== undefined && { queryStringParameters: parameters }),
    requestContext: requestContext(place, routed, headers['user-agent'] ?? ''),
    ...(pathParameters !== undefined && { pathParameters }),
  };
}

/** What the function of a route gets. */
export function functionEvent(
  place: EventPlace,
  routed: RoutedRequest,
  authorizer: AuthorizerContext | undefined,
) {
  const { requestContext: context, ...common } = commonEvent(place, routed);
  const { body } = routed.request;
  const isText = isTextBody(body, common.headers);
  return {
    ...common,
    requestContext: { ...context, ...(authorizer && { authorizer: { lambda: authorizer } }) },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** What a REQUEST authorizer without identity sources gets; it sees no body. */
export function authorizerEvent(place: EventPlace, routed: RoutedRequest) {
  const { apiId, accountId, region } = place;
  const { method, target } = routed.request;
  const path = splitTarget(target).path;
  return {
    ...commonEvent(place, routed),
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${region}:${accountId}:${apiId}/$default/${method}${path}`,
    identitySource: [],
  };
}

export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function requestContext(place: EventPlace, routed: RoutedRequest, userAgent: string) {
  const { request, routeKey, requestId, nowMs } = routed;
  return {
    accountId: place.accountId,
    apiId: place.apiId,
    domainName: place.domainName,
    domainPrefix: place.apiId,
    http: {
      method: request.method,
      path: decoded(splitTarget(request.target).path),
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent,
    },
    requestId,
    routeKey,
    stage: '$default',
    time: commonLogTime(new Date(nowMs)),
    timeEpoch: nowMs,
  };
}

/** Meant for the next hop only; API Gateway ends the connection and does not hand them on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']);

function headersOf(request: RawRequest, domainName: string) {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase();
    const value = request.rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/; */).filter((cookie) => cookie !== ''));
    else if (!HOP_BY_HOP.has(name)) {
      headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
    }
  }
  const hops = headers['x-forwarded-for'];
  headers['content-length'] ??= String(request.body.length);
  headers['x-forwarded-for'] = hops ? `${hops}, ${request.sourceIp}` : request.sourceIp;
  headers['x-forwarded-port'] = domainName.split(':')[1] ?? '80';
  headers['x-forwarded-proto'] = 'http';
  return { headers, cookies };
}

/** The last of several equal names does not win: all are kept, with commas between them. */
function queryParameters(query: string): Readonly<Record<string, string>> | undefined {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return Object.keys(parameters).length > 0 ? parameters : undefined;
}

const TEXT_TYPE = /^(text\/.*|application\/(json|javascript|xml|.+\+json|.+\+xml))$/;

/** Everything else arrives as base64, form posts and compressed bodies too. */
function isTextBody(body: Buffer, headers: Readonly<Record<string, string>>): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  // Bytes that are no text would be changed on the way; nothing is known of what AWS does then.
  return isPlain && TEXT_TYPE.test(type) && isUtf8(body);
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `22/Nov/2026:17:01:02 +0000` */
function commonLogTime(at: Date): string {
  const day = String(at.getUTCDate()).padStart(2, '0');
  const time = at.toISOString().slice(11, 19);
  return `${day}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${time} +0000`;
}
