import { type CallDeps, type CallServed, callService } from '../../app/call-service.ts';
import type { RouteOf } from '../../names.ts';
import { callerOf } from '../principal.ts';
import { readQuery } from '../query.ts';
import type { Reply } from '../reply.ts';
import { jsonBody, type KeyedRequest, param } from '../request.ts';
import type { Route } from '../route.ts';
import { publishedView } from './publish.ts';

/** What a call may carry to the service, with everything around it. */
const BODY_BYTES_MAX = 1_048_576;
/** A service's data may be wide. */
const KEYS_MAX = 100_000;

/** The one route that waits for somebody else's answer. */
export function callRoutes(deps: CallDeps) {
  return {
    'POST /v1/integrations/{integration}/call': {
      scope: 'integrations:call',
      bodyBytesMax: BODY_BYTES_MAX,
      // Nothing was sent: the same key may ask again when the integration is back.
      keepsRefusals: false,
      answer: (request) => call(deps, request),
    },
  } as const satisfies Record<RouteOf<'call'>, Route>;
}

async function call(deps: CallDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, ['tenant']));
  const integration = param(request, 'integration');
  const body = jsonBody(request, { keysMax: KEYS_MAX, opaque: 'body' });
  const seed = request.run?.seed;
  return replyOf(await callService(deps, caller, { integration, body, seed }));
}

function replyOf({ given, source, attempts }: CallServed): Reply {
  const told = { 'x-breakwater-source': source, 'x-breakwater-attempts': String(attempts) };
  switch (given.kind) {
    case 'queued':
      return { statusCode: 202, headers: told, body: publishedView(given.published) };
    case 'answer': {
      const { statusCode, headers, body } = given.answer;
      const age = given.ageSeconds === undefined ? {} : { age: String(given.ageSeconds) };
      return { statusCode, headers: { ...headers, ...age, ...told }, bytes: body };
    }
  }
}
