import * as z from 'zod/mini';
import {
  CALL_METHODS,
  CALL_SECONDS_MAX,
  type CallPlan,
  callSecondsDefault,
  isIdempotentMethod,
  type ServiceCall,
} from '../call.ts';
import { callPathProblem, callUrl, endpointQueryNames } from '../call-url.ts';
import { type FieldError, shown } from '../errors.ts';
import { isLongNumber } from '../exact-json.ts';
import type { Integration } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { headerProblem, headersProblems } from '../outbound-headers.ts';
import { isMediaType } from '../queued-call.ts';
import { invalid, jsonBody, parseBody } from './body.ts';
import { choice, fields, flag, refusal, refusing, whole } from './field.ts';
import { headersOf } from './request-input.ts';

const QUERY_PAIRS_MAX = 100;
const QUERY_RULE = 'an object of texts, numbers, true, false, or lists of these';
const BODILESS: readonly string[] = ['GET', 'HEAD'];
const CONTENT_TYPE = 'content-type';
const JSON_TYPE = 'application/json';

const pathText = z.string(refusing('a path that begins with /')).check((given) => {
  const message = callPathProblem(given.value);
  if (message !== undefined) given.issues.push({ code: 'custom', input: undefined, message });
});

export const callSchema = fields({
  method: choice(CALL_METHODS),
  path: pathText,
  query: z._default(z.record(z.string(), z.unknown(), refusing(QUERY_RULE)), {}),
  headers: z._default(
    headersOf((headers) => headersProblems(headers, callHeaderProblem)),
    {},
  ),
  body: z.optional(z.unknown()),
  timeoutSeconds: z.optional(
    whole(1, CALL_SECONDS_MAX, 'seconds', 'API Gateway waits no longer than 30 in all'),
  ),
  idempotent: z.optional(flag()),
});

/** Reads a call to an integration; every mistake of it comes in one error. */
export function parseCallInput(
  body: unknown,
  integration: Integration,
  id: ServiceCall['id'],
): CallPlan {
  // The service's own data may be as deep and as wide as the edge lets through.
  const { body: content, ...rest } = isJsonObject(body) ? body : jsonBody(body);
  const also = (object: JsonObject) => [
    ...queryProblems(object, integration),
    ...takenHeaders(object, integration),
    ...bodyProblems(object, content),
  ];
  const { method, path, query, headers, timeoutSeconds, idempotent } = parseBody(callSchema, rest, {
    also,
  });
  const call = {
    ...{ id, method, path, query: pairsOf(query) },
    ...sent(lowerCased(headers as Record<string, string>), content),
  };
  const joined = callUrl(integration.endpoint, call);
  if (!joined.ok) throw invalid([{ path: 'path', message: joined.reason }]);
  return {
    call,
    isIdempotent: idempotent ?? isIdempotentMethod(method),
    timeoutMs: (timeoutSeconds ?? callSecondsDefault(integration)) * 1000,
  };
}

function callHeaderProblem(name: string, value: unknown): string | undefined {
  if (name.toLowerCase() !== CONTENT_TYPE) return headerProblem(name, value);
  return isMediaType(value) ? undefined : 'allowed: a media type of at most 256 characters';
}

/** A text with a type of its own goes as it is, everything else as JSON; null is no body. */
function sent(
  given: Readonly<Record<string, string>>,
  content: unknown,
): Pick<ServiceCall, 'headers' | 'body'> {
  const { [CONTENT_TYPE]: type, ...headers } = given;
  if (content === undefined || content === null) return { headers };
  const body =
    typeof content === 'string' && type !== undefined ? content : JSON.stringify(content);
  return { headers: { ...headers, [CONTENT_TYPE]: type ?? JSON_TYPE }, body };
}

function queryProblems({ query }: JsonObject, { endpoint }: Integration): readonly FieldError[] {
  if (!isJsonObject(query)) return [];
  const own = endpointQueryNames(endpoint);
  const wrong = Object.entries(query).flatMap(([name, value]): readonly FieldError[] => {
    const path = `query.${shown(name)}`;
    if (own.has(name)) return [{ path, message: "is set by the integration's endpoint" }];
    const values = Array.isArray(value) ? value : [value];
    return values.every(isScalar) ? [] : [{ path, message: refusal(value, QUERY_RULE) }];
  });
  const count = Object.values(query).flat().length;
  if (count <= QUERY_PAIRS_MAX) return wrong;
  return [...wrong, { path: 'query', message: `${count} values; allowed: ${QUERY_PAIRS_MAX}` }];
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) || isLongNumber(value);
}

function pairsOf(query: JsonObject): ServiceCall['query'] {
  return Object.entries(query).flatMap(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => [name, isLongNumber(one) ? one.rawJSON : String(one)] as const);
  });
}

/** A caller may not say otherwise than the integration, nor think that it did. */
function takenHeaders({ headers }: JsonObject, integration: Integration): readonly FieldError[] {
  if (!isJsonObject(headers)) return [];
  const { auth, request } = integration;
  const taken = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()));
  if (auth.type === 'apiKey') taken.add(auth.header.toLowerCase());
  return Object.keys(headers)
    .filter((name) => taken.has(name.toLowerCase()))
    .map((name) => ({ path: `headers.${shown(name)}`, message: 'is set by the integration' }));
}

function bodyProblems({ method, headers }: JsonObject, content: unknown): readonly FieldError[] {
  const hasBody = content !== undefined && content !== null;
  if (hasBody && typeof method === 'string' && BODILESS.includes(method)) {
    return [{ path: 'body', message: `is not allowed with ${method}` }];
  }
  const type = Object.keys(isJsonObject(headers) ? headers : {}).find(
    (name) => name.toLowerCase() === CONTENT_TYPE,
  );
  return hasBody || type === undefined
    ? []
    : [{ path: `headers.${shown(type)}`, message: 'is not allowed without a body' }];
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return Object.fromEntries(named);
}
