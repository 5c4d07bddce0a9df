import { rotateSourceSecret } from '../../app/source-secrets.ts';
import {
  createSource,
  deleteSource,
  getSource,
  listSources,
  patchSource,
  putSource,
  type SourceDeps,
} from '../../app/sources.ts';
import { PROVIDERS } from '../../domain/inbound.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { readQuery } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import { jsonBody, type KeyedRequest, optionalJsonBody, PATCH_TYPES, param } from '../request.ts';
import type { Route } from '../route.ts';

export type SourceRoutesDeps = SourceDeps & CursorDeps;

const [READ, WRITE] = ['sources:read', 'sources:write'] as const;

export function sourceRoutes(deps: SourceRoutesDeps) {
  return {
    'GET /v1/sources': { scope: READ, answer: (request) => list(deps, request) },
    'POST /v1/sources': { scope: WRITE, answer: (request) => create(deps, request) },
    'GET /v1/sources/{source}': {
      scope: READ,
      answer: async (request) => ok(await getSource(deps, ...named(request))),
    },
    'PUT /v1/sources/{source}': {
      scope: WRITE,
      answer: async (request) => {
        const put = await putSource(deps, ...named(request), jsonBody(request));
        return { statusCode: put.created ? 201 : 200, body: put.source };
      },
    },
    'PATCH /v1/sources/{source}': {
      scope: WRITE,
      answer: async (request) => {
        const patch = jsonBody(request, { types: PATCH_TYPES });
        return ok(await patchSource(deps, ...named(request), patch));
      },
    },
    'DELETE /v1/sources/{source}': {
      scope: WRITE,
      answer: async (request) => {
        await deleteSource(deps, ...named(request));
        return { statusCode: 204 };
      },
    },
    'POST /v1/sources/{source}/secret/rotate': {
      scope: WRITE,
      answer: async (request) =>
        ok(await rotateSourceSecret(deps, ...named(request), optionalJsonBody(request))),
    },
    'GET /v1/providers': {
      scope: READ,
      answer: (request) => {
        readQuery(request, []);
        return ok({ data: PROVIDERS, nextCursor: null, prevCursor: null });
      },
    },
  } as const satisfies Record<string, Route>;
}

async function list(deps: SourceRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, LIST_PARAMETERS);
  const caller = callerOf(request, query);
  const read = (page: Parameters<typeof listSources>[2]) => listSources(deps, caller, page);
  return ok(await listed(deps, request, query, read, (view) => view));
}

async function create(deps: SourceRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, []));
  const view = await createSource(deps, caller, jsonBody(request), request.run?.seed);
  return { statusCode: 201, body: view, headers: { location: `/v1/sources/${view.id}` } };
}

function named(request: KeyedRequest) {
  const caller = callerOf(request, readQuery(request, ['tenant']));
  return [caller, param(request, 'source')] as const;
}
