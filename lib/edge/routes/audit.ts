import {
  type AuditReadDeps,
  listAudit,
  type VerifiedTo,
  verifyAudit,
} from '../../app/audit-queries.ts';
import type { Caller } from '../../app/tenancy.ts';
import { type ChainHead, NO_TENANT } from '../../domain/audit.ts';
import { invalidField, shown } from '../../domain/errors.ts';
import { readCursor, sealCursor } from '../../domain/page.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { type Query, rangeOf, readQuery, tenantParameter, textOf } from '../query.ts';
import type { Reply } from '../reply.ts';
import type { KeyedRequest } from '../request.ts';
import type { Route } from '../route.ts';

export type AuditRoutesDeps = AuditReadDeps & CursorDeps;

const FILTERS = [...LIST_PARAMETERS, 'actor', 'action', 'resource', 'since', 'until'];
const HEAD = /^(0|[1-9]\d{0,11}):([0-9a-f]{64})$/;

/** The audit log, and the proof that nobody has changed it. */
export function auditRoutes(deps: AuditRoutesDeps) {
  return {
    'GET /v1/audit': { scope: 'audit:read', answer: (request) => list(deps, request) },
    'GET /v1/audit/verify': { scope: 'audit:read', answer: (request) => verify(deps, request) },
  } as const satisfies Record<string, Route>;
}

async function list(deps: AuditRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, FILTERS);
  const filter = {
    actor: textOf(query, 'actor'),
    action: textOf(query, 'action'),
    resource: textOf(query, 'resource'),
    range: rangeOf(query),
  };
  const caller = callerOf(request, query);
  const read = (page: Parameters<typeof listAudit>[3]) => listAudit(deps, caller, filter, page);
  return { statusCode: 200, body: await listed(deps, request, query, read, (entry) => entry) };
}

async function verify(deps: AuditRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, ['tenant', 'head', 'cursor']);
  const caller = callerOf(request, query);
  const noted = headOf(query, caller);
  const key = await deps.cursorKey();
  const { tenant = null } = request.principal;
  const scope = JSON.stringify([request.route, tenant, query.get('tenant'), query.get('head')]);
  const cursor = query.get('cursor');
  const [place] = cursor === undefined ? [] : readCursor(cursor, scope, key);
  const from = place === undefined ? undefined : (JSON.parse(place) as VerifiedTo);
  const { chains, next } = await verifyAudit(deps, caller, noted, from);
  const nextCursor = next === undefined ? null : sealCursor([JSON.stringify(next)], scope, key);
  const ok = chains.every(({ problem }) => problem === null);
  return { statusCode: 200, body: { ok, chains, nextCursor } };
}

/** `?tenant=*` names the chain of what belongs to no tenant. */
function callerOf({ principal }: KeyedRequest, query: Query): Caller {
  const named = query.get('tenant');
  return { principal, tenant: named === NO_TENANT ? named : tenantParameter(query) };
}

function headOf(query: Query, { principal, tenant }: Caller): ChainHead | undefined {
  const text = query.get('head');
  if (text === undefined) return undefined;
  const [, seq, hash] = HEAD.exec(text) ?? [];
  if (seq === undefined || hash === undefined) {
    throw invalidField(
      'head',
      `${JSON.stringify(shown(text))} is not allowed; allowed: a seq, a colon and the hash of that entry`,
    );
  }
  if (tenant === undefined && principal.tenant === undefined) {
    throw invalidField('head', 'is of one chain; name its tenant too');
  }
  return { seq: Number(seq), hash };
}
