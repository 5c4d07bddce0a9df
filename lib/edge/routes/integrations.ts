import { readSecrets, rotateSecret } from '../../app/integration-secrets.ts';
import { pauseIntegration, resumeIntegration } from '../../app/integration-status.ts';
import {
  type ChangeDeps,
  createIntegration,
  deleteIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../app/integrations.ts';
import { listIntegrations } from '../../app/list-integrations.ts';
import type { Integrations } from '../../app/ports.ts';
import { type TestCallDeps, testCall } from '../../app/test-call.ts';
import { SERVICE_TYPES } from '../../domain/integration.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { oneOf, readQuery, textOf } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import {
  expectNoFields,
  jsonBody,
  type KeyedRequest,
  optionalJsonBody,
  PATCH_TYPES,
  param,
} from '../request.ts';
import type { Route } from '../route.ts';

export type IntegrationRoutesDeps = ChangeDeps &
  TestCallDeps &
  CursorDeps & { readonly integrations: Pick<Integrations, 'list'> };

const FILTERS = [...LIST_PARAMETERS, 'serviceType', 'status', 'q'];
const STATUSES = ['active', 'paused', 'disabled'] as const;
const [READ, WRITE] = ['integrations:read', 'integrations:write'] as const;

export function integrationRoutes(deps: IntegrationRoutesDeps) {
  return {
    'GET /v1/integrations': { scope: READ, answer: (request) => list(deps, request) },
    'POST /v1/integrations': { scope: WRITE, answer: (request) => create(deps, request) },
    'GET /v1/integrations/{integration}': {
      scope: READ,
      answer: async (request) => ok(await getIntegration(deps, ...named(request))),
    },
    'PUT /v1/integrations/{integration}': {
      scope: WRITE,
      answer: async (request) => {
        const [caller, ref] = named(request);
        const put = await putIntegration(deps, caller, ref, jsonBody(request));
        return { statusCode: put.created ? 201 : 200, body: put.integration };
      },
    },
    'PATCH /v1/integrations/{integration}': {
      scope: WRITE,
      answer: async (request) => {
        const patch = jsonBody(request, { types: PATCH_TYPES });
        return ok(await patchIntegration(deps, ...named(request), patch));
      },
    },
    'DELETE /v1/integrations/{integration}': {
      scope: WRITE,
      answer: async (request) => {
        await deleteIntegration(deps, ...named(request));
        return { statusCode: 204 };
      },
    },
    ...integrationActions(deps),
  } as const satisfies Record<string, Route>;
}

function integrationActions(deps: IntegrationRoutesDeps) {
  return {
    'POST /v1/integrations/{integration}/pause': {
      scope: WRITE,
      answer: async (request) => {
        expectNoFields(request);
        return ok(await pauseIntegration(deps, ...named(request)));
      },
    },
    'POST /v1/integrations/{integration}/resume': {
      scope: WRITE,
      answer: async (request) => {
        expectNoFields(request);
        return ok(await resumeIntegration(deps, ...named(request)));
      },
    },
    'POST /v1/integrations/{integration}/test': {
      scope: WRITE,
      answer: async (request) =>
        ok(await testCall(deps, ...named(request), optionalJsonBody(request, { opaque: 'data' }))),
    },
    'GET /v1/integrations/{integration}/secret': {
      scope: 'secrets:read',
      answer: async (request) => ok(await readSecrets(deps, ...named(request))),
    },
    'POST /v1/integrations/{integration}/secret/rotate': {
      scope: WRITE,
      answer: async (request) =>
        ok(await rotateSecret(deps, ...named(request), optionalJsonBody(request))),
    },
  } as const satisfies Record<string, Route>;
}

async function list(deps: IntegrationRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, FILTERS);
  const filter = {
    serviceType: oneOf(query, 'serviceType', SERVICE_TYPES),
    status: oneOf(query, 'status', STATUSES),
    q: textOf(query, 'q'),
  };
  const caller = callerOf(request, query);
  return ok(
    await listed(
      deps,
      request,
      query,
      (page) => listIntegrations(deps, caller, { ...filter, ...page }),
      (view) => view,
    ),
  );
}

async function create(deps: IntegrationRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, []));
  const view = await createIntegration(deps, caller, jsonBody(request), request.run?.seed);
  const headers = { location: `/v1/integrations/${view.id}` };
  return { statusCode: 201, body: view, headers };
}

function named(request: KeyedRequest) {
  const caller = callerOf(request, readQuery(request, ['tenant']));
  return [caller, param(request, 'integration')] as const;
}
