import { gunzipSync } from 'node:zlib';
import type { Context } from 'aws-lambda';
import { expect } from 'vitest';
import type { Principal, Scope } from '../../lib/domain/api-key.ts';
import { withRefusalsAudited } from '../../lib/edge/audited-refusals.ts';
import { auditedRoutes } from '../../lib/edge/audited-routes.ts';
import { httpHandler } from '../../lib/edge/http.ts';
import type { HttpEvent } from '../../lib/edge/request.ts';
import { callRoutes } from '../../lib/edge/routes/call.ts';
import { publishRoutes } from '../../lib/edge/routes/publish.ts';
import { receiveRoutes } from '../../lib/edge/routes/receive.ts';
import { ROUTES } from '../../lib/names.ts';
import { derivedKey, packer, sealer } from '../../lib/runtime/seal.ts';
import { withCallers } from '../fakes/callers.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { FAKE_RETENTION_DAYS } from '../fakes/stores-history.ts';
import { undocumented } from './documented.ts';

export interface Call {
  readonly body?: unknown;
  /** In place of `body`: sent as it is, or as bytes in base64. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** `null` for nobody. */
  readonly principal?: Partial<Principal> | null;
  readonly reason?: string;
  /** The whole event may be changed before it is sent. */
  readonly event?: Partial<HttpEvent>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests read answers of every shape.
  readonly json: any;
}

export const ADMIN: Principal = { keyId: 'key_admin', name: 'admin', scopes: ['admin'] };

export function keyWith(...scopes: Scope[]): Partial<Principal> {
  return { scopes };
}

/** The three HTTP functions over the stores in memory, called as API Gateway calls them. */
export function httpWorld() {
  const world = deliveryWorld();
  const pepper = async () => 'pepper-of-the-test';
  const telemetry = { ...world.deps.telemetry, middlewares: [], scope: () => {} };
  const deps = {
    ...world.deps,
    apiKeys: withCallers(world.deps.apiKeys, [ADMIN.keyId]),
    telemetry,
    pepper,
    egress: { mode: 'strict', ownHosts: [] } as const,
    publicUrl: 'https://in.example.com',
    retentionDays: FAKE_RETENTION_DAYS,
    cursorKey: derivedKey(pepper, 'cursors'),
    sealer: sealer(derivedKey(pepper, 'kept-answers'), world.deps.random),
    sourceOf: (id: Parameters<typeof world.deps.sources.byId>[0]) => world.deps.sources.byId(id),
    probes: {
      registry: async () => {},
      history: async () => {},
      queue: async () => {},
    } as Record<'registry' | 'history' | 'queue', () => Promise<unknown>>,
  };
  const functions = {
    api: withRefusalsAudited(deps, httpHandler(deps, 'api', auditedRoutes(deps))),
    publish: httpHandler({ ...deps, sealer: packer }, 'publish', publishRoutes(deps)),
    call: httpHandler(deps, 'call', callRoutes(deps)),
    receive: httpHandler({ ...deps, sealer: packer }, 'receive', receiveRoutes(deps)),
  };
  let calls = 0;
  const call = async (method: string, url: string, given: Call = {}): Promise<Answer> => {
    const [path = '', query = ''] = url.split('?');
    const { key, params } = routeFor(method, path);
    const event = eventOf(method, path, query, given, `req-${++calls}`);
    const answer = await functions[ROUTES[key]](
      { ...event, routeKey: key, pathParameters: params, ...given.event },
      { getRemainingTimeInMillis: () => 29_000 } as Context,
    );
    const bytes = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8');
    const packed = answer.headers['content-encoding'] === 'gzip';
    // The gateway tells how long a body is, and leaves that of an answer to HEAD away.
    const isHead = method === 'HEAD';
    const length = isHead && { 'content-length': String(bytes.length) };
    const text = isHead ? '' : (packed ? gunzipSync(bytes) : bytes).toString();
    const contentType = answer.headers['content-type'];
    const isJson = contentType?.includes('json') === true;
    // Whatever a test is about: what it is answered must be what the document says.
    const seen = { method, path, status: answer.statusCode, contentType, text };
    if (given.event?.routeKey === undefined) expect(undocumented(seen)).toEqual([]);
    return {
      status: answer.statusCode,
      headers: { ...answer.headers, ...length },
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  };
  return { ...world, deps, call };
}

export type HttpWorld = ReturnType<typeof httpWorld>;

function eventOf(method: string, path: string, query: string, given: Call, requestId: string) {
  const { raw, body, principal } = given;
  const isBase64Encoded = raw instanceof Uint8Array;
  const text = isBase64Encoded ? Buffer.from(raw).toString('base64') : raw;
  const sent = body === undefined ? text : JSON.stringify(body);
  const lambda =
    principal === null
      ? { reason: given.reason ?? 'missing' }
      : { principal: JSON.stringify({ ...ADMIN, ...principal }) };
  return {
    version: '2.0',
    routeKey: '',
    rawPath: path,
    rawQueryString: query,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...given.headers,
    },
    requestContext: {
      ...{ requestId, http: { method, path, sourceIp: '203.0.113.9' }, authorizer: { lambda } },
    },
    isBase64Encoded,
    ...(sent !== undefined && { body: sent }),
  };
}

/** The route that API Gateway would take: the one with the fewest variables, else `$default`. */
function routeFor(method: string, path: string) {
  const parts = path.split('/');
  const found = Object.keys(ROUTES).flatMap((key) => {
    const [wanted, template] = key.split(' ');
    const names = template?.split('/') ?? [];
    if (template === undefined || (wanted !== 'ANY' && wanted !== method)) return [];
    if (names.length !== parts.length) return [];
    const fits = names.every((name, i) => (name.startsWith('{') ? parts[i] : name === parts[i]));
    const params = Object.fromEntries(
      names.flatMap((name, i) => (name.startsWith('{') ? [[name.slice(1, -1), parts[i]]] : [])),
    );
    return fits ? [{ key: key as keyof typeof ROUTES, params }] : [];
  });
  found.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length);
  return found[0] ?? { key: '$default' as const, params: {} };
}
