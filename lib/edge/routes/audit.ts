import { type AuditReadDeps, listAudit, listDigests } from '../../app/audit-queries.ts';
import {
  type Noted,
  type Verified,
  type VerifiedTo,
  type VerifyDeps,
  verifyAudit,
} from '../../app/audit-verify.ts';
import type { Caller } from '../../app/tenancy.ts';
import { type ChainHead, NO_TENANT } from '../../domain/audit.ts';
import { invalidField, shown } from '../../domain/errors.ts';
import { readCursor, sealCursor } from '../../domain/page.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { type Query, rangeOf, readQuery, tenantParameter, textOf } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import type { KeyedRequest } from '../request.ts';
import type { Route } from '../route.ts';

export type AuditRoutesDeps = AuditReadDeps & VerifyDeps & CursorDeps;

const FILTERS = [...LIST_PARAMETERS, 'actor', 'action', 'resource', 'since', 'until'];
const PLACE_AND_HASH = /^(0|[1-9]\d{0,11}):([0-9a-f]{64})$/;
const UNSEEN = { number: 0, hash: '0'.repeat(64) };

/** The audit log, and the proof that nobody has changed it. */
export function auditRoutes(deps: AuditRoutesDeps) {
  return {
    'GET /v1/audit': { scope: 'audit:read', answer: (request) => list(deps, request) },
    'GET /v1/audit/digests': { scope: 'audit:read', answer: (request) => digests(deps, request) },
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
  return ok(await listed(deps, request, query, read, (entry) => entry));
}

async function digests(deps: AuditRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, LIST_PARAMETERS);
  const caller = callerOf(request, query);
  const read = (page: Parameters<typeof listDigests>[2]) => listDigests(deps, caller, page);
  return ok(await listed(deps, request, query, read, (digest) => digest));
}

async function verify(deps: AuditRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, ['tenant', 'head', 'digest', 'cursor']);
  const caller = callerOf(request, query);
  const noted = { head: headOf(query, caller), digest: digestOf(query) };
  const key = await deps.cursorKey();
  const { tenant = null } = request.principal;
  const named = ['tenant', 'head', 'digest'].map((name) => query.get(name));
  const scope = JSON.stringify([request.route, tenant, ...named]);
  const cursor = query.get('cursor');
  const [place] = cursor === undefined ? [] : readCursor(cursor, scope, key);
  const from = place === undefined ? undefined : (JSON.parse(place) as VerifiedTo);
  const verified = await verifyAudit(deps, caller, noted, from);
  const { chains, next } = verified;
  const nextCursor = next === undefined ? null : sealCursor([JSON.stringify(next)], scope, key);
  const seen = digestsView(verified);
  const isWhole = seen.problem === null && seen.gaps.length === 0;
  const isOk = isWhole && chains.every(({ problem }) => problem === null);
  return ok({ ok: isOk, chains, digests: seen, nextCursor });
}

/** What this request has seen of them; nothing, while it was at the chains. */
function digestsView({ digests }: Verified) {
  if (digests === undefined) return { checked: 0, head: UNSEEN, gaps: [], problem: null };
  const { checked, end, gaps, problem } = digests;
  return { checked, head: { number: end.number, hash: end.hash }, gaps, problem };
}

/** `?tenant=*` names the chain of what belongs to no tenant. */
function callerOf({ principal }: KeyedRequest, query: Query): Caller {
  const named = query.get('tenant');
  return { principal, tenant: named === NO_TENANT ? named : tenantParameter(query) };
}

function headOf(query: Query, { principal, tenant }: Caller): ChainHead | undefined {
  const [seq, hash] = placeAndHash(query, 'head', 'a seq, a colon and the hash of that entry');
  if (seq === undefined || hash === undefined) return undefined;
  if (tenant === undefined && principal.tenant === undefined) {
    throw invalidField('head', 'is of one chain; name its tenant too');
  }
  return { seq, hash };
}

function digestOf(query: Query): Noted['digest'] {
  const what = 'a number, a colon and the SHA-256 of that digest';
  const [number, hash] = placeAndHash(query, 'digest', what);
  return number === undefined || hash === undefined ? undefined : { number, hash };
}

function placeAndHash(
  query: Query,
  name: string,
  allowed: string,
): readonly [place: number, hash: string] | readonly [] {
  const text = query.get(name);
  if (text === undefined) return [];
  const [, place, hash] = PLACE_AND_HASH.exec(text) ?? [];
  if (place !== undefined && hash !== undefined) return [Number(place), hash];
  throw invalidField(name, `${JSON.stringify(shown(text))} is not allowed; allowed: ${allowed}`);
}
