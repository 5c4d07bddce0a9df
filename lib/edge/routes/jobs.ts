import {
  cancelJob,
  getJob,
  type JobRequestDeps,
  jobView,
  listJobs,
} from '../../app/job-requests.ts';
import { type RecoverDeps, startRecovery } from '../../app/recover.ts';
import { JOB_KINDS, JOB_STATUSES } from '../../domain/job.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { oneOf, readQuery } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import { expectNoFields, type KeyedRequest, optionalJsonBody, param } from '../request.ts';
import type { Route } from '../route.ts';

export type JobRoutesDeps = JobRequestDeps &
  RecoverDeps &
  CursorDeps & { readonly jobs: JobRequestDeps['jobs'] & RecoverDeps['jobs'] };

const FILTERS = [...LIST_PARAMETERS, 'status', 'kind'];
const [READ, WRITE] = ['deliveries:read', 'deliveries:write'] as const;

/** Jobs, and the requests that start one. */
export function jobRoutes(deps: JobRoutesDeps) {
  return {
    'POST /v1/integrations/{integration}/recover': {
      scope: WRITE,
      answer: (request) => recover(deps, request),
    },
    'GET /v1/jobs': { scope: READ, answer: (request) => list(deps, request) },
    'GET /v1/jobs/{job}': {
      scope: READ,
      answer: async (request) => ok(jobView(await getJob(deps, ...named(request)))),
    },
    'POST /v1/jobs/{job}/cancel': {
      scope: WRITE,
      answer: async (request) => {
        expectNoFields(request);
        return ok(jobView(await cancelJob(deps, ...named(request))));
      },
    },
  } as const satisfies Record<string, Route>;
}

async function recover(deps: JobRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const caller = callerOf(request, readQuery(request, ['tenant']));
  const job = await startRecovery(deps, caller, param(request, 'integration'), {
    body: optionalJsonBody(request),
    seed: request.run?.seed,
  });
  return { statusCode: 202, body: jobView(job), headers: { location: `/v1/jobs/${job.id}` } };
}

async function list(deps: JobRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, FILTERS);
  const caller = callerOf(request, query);
  const filter = {
    status: oneOf(query, 'status', JOB_STATUSES),
    kind: oneOf(query, 'kind', JOB_KINDS),
  };
  const read = (page: Parameters<typeof listJobs>[3]) => listJobs(deps, caller, filter, page);
  return ok(await listed(deps, request, query, read, jobView));
}

function named(request: KeyedRequest) {
  return [callerOf(request, readQuery(request, ['tenant'])), param(request, 'job')] as const;
}
