import { randomUUID } from 'node:crypto';
import { authorizerEvent, functionEvent } from '../../lib/local/http-event.ts';
import { isOpen } from '../../lib/names.ts';
import type { Functions } from './functions.ts';
import { OWNER } from './owner.ts';

/** The HTTP API in front of the functions, as far as a request needs it. */
export interface Gateway {
  /** Throws unless the answer's status is `expect`. */
  send(request: Request): Promise<Record<string, unknown>>;
  /** The key that requests carry from now on. */
  useKey(key: string): void;
  takeRequests(): number;
}

export interface Request {
  readonly route: string;
  readonly to: 'api' | 'publish' | 'receive';
  readonly expect: number;
  readonly body: string;
  readonly path?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const PLACE = {
  apiId: 'bench',
  accountId: '000000000000',
  region: 'us-east-1',
  domainName: '127.0.0.1',
};

export function gateway(functions: Functions): Gateway {
  let key: string | undefined;
  let requests = 0;

  async function authorized(routed: Parameters<typeof authorizerEvent>[1]) {
    if (isOpen(routed.routeKey)) return undefined;
    if (key === undefined) return { principal: JSON.stringify(OWNER) };
    const answer = await functions.invoke('authorize', authorizerEvent(PLACE, routed));
    return (answer as { readonly context: Record<string, string> }).context;
  }

  return {
    async send(request) {
      requests += 1;
      const routed = routedOf(request, key);
      const event = functionEvent(PLACE, routed, await authorized(routed));
      const answer = (await functions.invoke(request.to, event)) as Answer;
      if (answer.statusCode !== request.expect) {
        throw new Error(`${request.route} answered ${answer.statusCode}: ${answer.body}`);
      }
      const body = answer.isBase64Encoded === true ? '{}' : (answer.body ?? '{}');
      return JSON.parse(body) as Record<string, unknown>;
    },
    useKey(given) {
      key = given;
    },
    takeRequests() {
      const taken = requests;
      requests = 0;
      return taken;
    },
  };
}

interface Answer {
  readonly statusCode: number;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

function routedOf({ route, body, path, params, headers = {} }: Request, key: string | undefined) {
  const [method = '', pattern = ''] = route.split(' ');
  const all = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...headers,
  };
  return {
    request: {
      method: method === 'ANY' ? 'POST' : method,
      target: path ?? pattern,
      rawHeaders: Object.entries(all).flat(),
      body: Buffer.from(body),
      sourceIp: '127.0.0.1',
      protocol: 'HTTP/1.1',
    },
    routeKey: route,
    pathParameters: params,
    requestId: randomUUID(),
    nowMs: Date.now(),
  };
}
