import { createKey, deleteKey, type KeyDeps, listKeys, rotateKey } from '../../app/api-keys.ts';
import type { Pepper } from '../../app/ports.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { readQuery } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import { jsonBody, type KeyedRequest, optionalJsonBody, param } from '../request.ts';
import type { Route } from '../route.ts';

export interface KeyRoutesDeps extends Omit<KeyDeps, 'pepper'>, CursorDeps {
  /** Read when the first key is made, not at every cold start. */
  readonly pepper: () => Promise<Pepper>;
}

/** Who may see keys may issue them: the contract has one scope for both. */
const SCOPE = 'keys:write';

export function keyRoutes(deps: KeyRoutesDeps) {
  return {
    'POST /v1/keys': { scope: SCOPE, answer: (request) => create(deps, request) },
    'GET /v1/keys': { scope: SCOPE, answer: (request) => list(deps, request) },
    'DELETE /v1/keys/{key}': {
      scope: SCOPE,
      answer: async (request) => {
        const caller = callerOf(request, readQuery(request, ['tenant']));
        await deleteKey(deps, caller, param(request, 'key'));
        return { statusCode: 204 };
      },
    },
    'POST /v1/keys/{key}/rotate': { scope: SCOPE, answer: (request) => rotate(deps, request) },
  } as const satisfies Record<string, Route>;
}

async function create(deps: KeyRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, []));
  const body = jsonBody(request);
  const made = await createKey({ ...deps, pepper: await deps.pepper() }, caller, body);
  return { statusCode: 201, body: made };
}

async function rotate(deps: KeyRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, ['tenant']));
  const body = optionalJsonBody(request);
  const withPepper = { ...deps, pepper: await deps.pepper() };
  const made = await rotateKey(withPepper, caller, param(request, 'key'), body);
  return { statusCode: 201, body: made };
}

async function list(deps: KeyRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, LIST_PARAMETERS);
  const caller = callerOf(request, query);
  const read = (page: Parameters<typeof listKeys>[2]) => listKeys(deps, caller, page);
  return ok(await listed(deps, request, query, read, (view) => view));
}
