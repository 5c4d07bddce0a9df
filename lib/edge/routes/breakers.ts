import {
  type BreakerControlDeps,
  type BreakerName,
  disableBreaker,
  enableBreaker,
  getBreaker,
  resetBreaker,
  tripBreaker,
} from '../../app/breaker-control.ts';
import { transitionView } from '../../app/breaker-views.ts';
import { type BreakerListDeps, listBreakers, listTransitions } from '../../app/list-breakers.ts';
import type { Breakers } from '../../app/ports-outage.ts';
import type { Caller } from '../../app/tenancy.ts';
import { BREAKER_STATES } from '../../domain/breaker.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { oneOf, type Query, readQuery, textOf } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import { type KeyedRequest, optionalJsonBody, param } from '../request.ts';
import type { Route } from '../route.ts';

export type BreakerRoutesDeps = BreakerControlDeps &
  BreakerListDeps &
  CursorDeps & { readonly breakers: Pick<Breakers, 'history'> };

const [READ, WRITE] = ['integrations:read', 'breakers:write'] as const;

export function breakerRoutes(deps: BreakerRoutesDeps) {
  return {
    'GET /v1/breakers': { scope: READ, answer: (request) => list(deps, request) },
    'GET /v1/integrations/{integration}/breaker': {
      scope: READ,
      answer: async (request) => ok(await getBreaker(deps, ...named(request))),
    },
    'GET /v1/integrations/{integration}/breaker/history': {
      scope: READ,
      answer: (request) => history(deps, request),
    },
    'POST /v1/integrations/{integration}/breaker/trip': order(deps, tripBreaker),
    'POST /v1/integrations/{integration}/breaker/reset': order(deps, resetBreaker),
    'POST /v1/integrations/{integration}/breaker/disable': order(deps, disableBreaker),
    'POST /v1/integrations/{integration}/breaker/enable': order(deps, enableBreaker),
  } as const satisfies Record<string, Route>;
}

/** A route that moves a breaker; the body may be left out. */
function order(
  deps: BreakerRoutesDeps,
  give: (
    deps: BreakerControlDeps,
    caller: Caller,
    name: BreakerName,
    body: unknown,
  ) => Promise<unknown>,
) {
  return {
    scope: WRITE,
    answer: async (request: KeyedRequest) =>
      ok(await give(deps, ...named(request), optionalJsonBody(request))),
  } as const;
}

async function list(deps: BreakerRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, [...LIST_PARAMETERS, 'state']);
  const state = oneOf(query, 'state', BREAKER_STATES);
  const caller = callerOf(request, query);
  return ok(
    await listed(
      deps,
      request,
      query,
      (page) => listBreakers(deps, caller, { ...page, state }),
      (view) => view,
    ),
  );
}

async function history(deps: BreakerRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, [...LIST_PARAMETERS, 'target']);
  const caller = callerOf(request, query);
  const name = nameOf(request, query);
  const read = (page: Parameters<typeof listTransitions>[3]) =>
    listTransitions(deps, caller, name, page);
  return ok(await listed(deps, request, query, read, transitionView));
}

function named(request: KeyedRequest) {
  const query = readQuery(request, ['tenant', 'target']);
  return [callerOf(request, query), nameOf(request, query)] as const;
}

function nameOf(request: KeyedRequest, query: Query): BreakerName {
  return { ref: param(request, 'integration'), target: textOf(query, 'target') };
}
