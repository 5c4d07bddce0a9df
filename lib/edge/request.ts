import type { APIGatewayProxyEventV2WithRequestContext } from 'aws-lambda';
import type { Run } from '../app/idempotency.ts';
import type { Principal } from '../domain/api-key.ts';
import { invalidField, RequestError, shown } from '../domain/errors.ts';
import { type JsonRule, parseJson } from './json.ts';

/** What the authorizer says: who it is, or why it is nobody. */
export interface AuthorizerContext {
  /** The principal as JSON: an HTTP API passes texts on. */
  readonly principal?: string;
  readonly reason?: string;
  /** Seconds, where it helps to wait. */
  readonly retryAfter?: string;
  /** How the key's bucket stands, as JSON; absent: the key has no limit. */
  readonly rate?: string;
  /** The `Content-Digest` of a signed request, or `none`; absent: nothing was signed. */
  readonly digest?: string;
}

export type HttpEvent = APIGatewayProxyEventV2WithRequestContext<{
  readonly requestId: string;
  readonly http: {
    readonly method: string;
    readonly path: string;
    readonly sourceIp?: string;
  };
  readonly authorizer?: { readonly lambda?: AuthorizerContext | null };
}>;

/** A request as routes see it: header names in lower case, the body as its bytes. */
export interface HttpRequest {
  readonly id: string;
  /** As the gateway saw it: no header of the caller's. */
  readonly sourceIp?: string | undefined;
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A request whose key has the scope of its route. */
export interface KeyedRequest extends HttpRequest {
  readonly principal: Principal;
  /** There when the request came with an `Idempotency-Key`. */
  readonly run?: Run | undefined;
}

/** Bodies of control requests; what publishes and receives allows more. */
export const CONTROL_BODY_BYTES_MAX = 262_144;

export function readRequest(event: HttpEvent, bytesMax: number): HttpRequest {
  return {
    id: event.requestContext.requestId,
    sourceIp: event.requestContext.http.sourceIp,
    route: event.routeKey,
    method: event.requestContext.http.method,
    path: event.rawPath,
    rawQuery: event.rawQueryString,
    params: paramsOf(event.pathParameters ?? {}),
    headers: headersOf(event.headers),
    body: bodyOf(event, bytesMax),
  };
}

function headersOf(headers: HttpEvent['headers']): Record<string, string> {
  const known: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) known[name.toLowerCase()] = value;
  }
  return known;
}

function paramsOf(given: NonNullable<HttpEvent['pathParameters']>): Record<string, string> {
  const params: Record<string, string> = Object.create(null);
  for (const [name, value = ''] of Object.entries(given)) {
    try {
      params[name] = decodeURIComponent(value);
    } catch (cause) {
      throw new RequestError(
        'malformed-request',
        `path: ${JSON.stringify(shown(value))} is not percent-encoded UTF-8.`,
        { cause },
      );
    }
  }
  return params;
}

/** The part of a path that `{name}` stands for. */
export function param(request: HttpRequest, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw new Error(`The route ${request.route} has no {${name}}.`);
  return value;
}

function bodyOf(event: HttpEvent, bytesMax: number): Uint8Array {
  const text = event.body ?? '';
  const bytes = Buffer.from(text, event.isBase64Encoded ? 'base64' : 'utf8');
  // Node skips what is not base64; a body that came broken must not be read as another one.
  if (event.isBase64Encoded && bytes.toString('base64') !== text) {
    throw new RequestError('malformed-request', 'The body is not valid base64.');
  }
  if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
  return bytes;
}

export function tooLarge(bytes: number, bytesMax: number): RequestError {
  return new RequestError(
    'payload-too-large',
    `The body takes ${bytes} bytes; allowed are ${bytesMax}.`,
  );
}

/** RFC 7396, and plain JSON for clients that cannot say so. */
export const PATCH_TYPES = ['application/merge-patch+json', 'application/json'];

export interface JsonBodyRule extends JsonRule {
  readonly types?: readonly string[];
}

/** The body as JSON; its content type must say so. */
export function jsonBody(request: HttpRequest, rule: JsonBodyRule = {}): unknown {
  requireContentType(request, rule.types ?? ['application/json']);
  return parseJson(request.body, rule);
}

/** The same, and `{}` for a request without a body. */
export function optionalJsonBody(request: HttpRequest, rule: JsonBodyRule = {}): unknown {
  return request.body.length === 0 ? {} : jsonBody(request, rule);
}

/** For actions that take nothing: no body, or an empty object. */
export function expectNoFields(request: HttpRequest): void {
  const body = optionalJsonBody(request);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestError('invalid', 'The body must be an empty object, or absent.');
  }
  const [field] = Object.keys(body);
  if (field !== undefined) throw invalidField(shown(field), 'is unknown; no field is allowed here');
}

function requireContentType(request: HttpRequest, types: readonly string[]): void {
  refuseEncoded(request);
  const given = request.headers['content-type'] ?? '';
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (types.includes(type) && utf8) return;
  const what = given === '' ? 'is missing' : `${JSON.stringify(shown(given))} is not supported`;
  throw new RequestError(
    'unsupported-media-type',
    `content-type: ${what}; allowed: ${types.join(', ')}, in UTF-8.`,
    { headers: { 'accept-post': types.join(', ') } },
  );
}

/** Nothing is inflated here: a few bytes could become as many as they like. */
export function refuseEncoded({ headers }: HttpRequest): void {
  const given = headers['content-encoding'];
  if (given === undefined || given.trim().toLowerCase() === 'identity') return;
  throw new RequestError(
    'unsupported-media-type',
    `content-encoding: ${JSON.stringify(shown(given))} is not supported; send the body as it is.`,
    { headers: { 'accept-encoding': 'identity' } },
  );
}
