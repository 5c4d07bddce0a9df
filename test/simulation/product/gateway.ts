import { functionEvent } from '../../../lib/local/http-event.ts';
import { routeMatcher } from '../../../lib/local/http-routes.ts';
import { ROUTES } from '../../../lib/names.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { callFrom } from '../lambda/call.ts';
import type { ModelFunction } from '../lambda/function.ts';
import { CALLER } from './caller.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface ApiAnswer {
  /** 503 also where the function was throttled, cut off or too slow: the caller cannot tell. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the route answers.
  readonly json: any;
  /** As the function is told, and its log says. */
  readonly requestId: string;
  readonly routeKey: string;
}

/** The HTTP API as a process sees it. */
export type Gateway = (process: Process, request: ApiRequest) => Promise<ApiAnswer>;

export type HttpFunction = (typeof ROUTES)[keyof typeof ROUTES];

const PLACE = {
  apiId: 'simulated',
  accountId: '000000000000',
  region: 'us-east-1',
  domainName: 'api.example.com',
};
const PRINCIPAL = JSON.stringify(CALLER);

/** Routes requests as API Gateway does, with a principal who may do everything. */
export function gateway(
  simulation: Simulation,
  functions: Readonly<Record<HttpFunction, ModelFunction>>,
): Gateway {
  const routeOf = routeMatcher(Object.entries(ROUTES).map(([routeKey, fn]) => ({ routeKey, fn })));
  let requests = 0;

  return async (process, { method, path, headers = {}, body }) => {
    const match = routeOf(method, path.split('?')[0] ?? '');
    if (match === undefined) throw new Error(`No route for ${method} ${path}.`);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const given = text === undefined ? headers : { 'content-type': 'application/json', ...headers };
    requests += 1;
    const requestId = `request-${requests}`;
    const { routeKey } = match.route;
    const event = functionEvent(
      PLACE,
      {
        request: {
          ...{ method, target: path, sourceIp: '203.0.113.7', protocol: 'HTTP/1.1' },
          rawHeaders: Object.entries(given).flat(),
          body: Buffer.from(text ?? ''),
        },
        routeKey,
        pathParameters: match.pathParameters,
        requestId,
        nowMs: simulation.nowMs(),
      },
      { principal: PRINCIPAL },
    );
    const called = await callFrom(simulation, process, functions[match.route.fn], event);
    const answer = called.kind === 'answer' ? answerOf(called.payload) : UNAVAILABLE;
    return { ...answer, requestId, routeKey };
  };
}

type Answered = Omit<ApiAnswer, 'requestId' | 'routeKey'>;

const UNAVAILABLE: Answered = { status: 503, headers: {}, json: undefined };

function answerOf(payload: string): Answered {
  const { statusCode, headers, body, isBase64Encoded } = JSON.parse(payload);
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  const isJson = String(headers?.['content-type']).includes('json');
  return { status: statusCode, headers, json: isJson ? JSON.parse(text) : text };
}
