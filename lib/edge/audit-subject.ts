import { integrationState, jobState, keyState, sourceState } from '../app/audit-views.ts';
import type { ApiKeys, Integrations, Sources } from '../app/ports.ts';
import type { Jobs } from '../app/ports-jobs.ts';
import type { AuditResource } from '../domain/audit.ts';
import { NO_TENANT } from '../domain/audit.ts';
import { RequestError } from '../domain/errors.ts';
import { isIntegrationId, isJobId, isKeyId, isSourceId, parseDeliveryId } from '../domain/ids.ts';
import { DEFAULT_TENANT, INTEGRATION_NAME, TENANT } from '../domain/integration.ts';
import { isJsonObject } from '../domain/merge-patch.ts';
import type { AuditRule } from './audit-rules.ts';
import { jsonBody, type KeyedRequest } from './request.ts';

/** What a request is about, found before it does anything: whose chain it belongs to, and its name. */
export interface Subject {
  readonly tenant: string;
  readonly resource: AuditResource;
  /** How it was, secrets struck out, where looking for it has shown that. */
  readonly before?: unknown;
}

export interface SubjectDeps {
  readonly integrations: Pick<Integrations, 'byId' | 'byName'>;
  readonly sources: Pick<Sources, 'byId' | 'byName'>;
  readonly apiKeys: Pick<ApiKeys, 'byId'>;
  readonly jobs: Pick<Jobs, 'load'>;
}

/**
 * The subject as far as it can be known: what is not there, or is another tenant's, goes by the
 * words of the request, under the tenant of who asks.
 */
export async function subjectOf(
  deps: SubjectDeps,
  request: KeyedRequest,
  { kind, param }: AuditRule,
): Promise<Subject> {
  const ref = param === undefined ? undefined : request.params[param];
  const bound = request.principal.tenant ?? tenantNamed(request) ?? tenantGiven(request, ref);
  const found = ref === undefined ? undefined : await lookUp(deps, kind, ref, bound);
  if (found !== undefined && (bound === undefined || bound === found.tenant)) return found;
  const otherwise = kind === 'key' || ref === undefined ? NO_TENANT : DEFAULT_TENANT;
  return {
    tenant: bound ?? otherwise,
    resource: { kind, id: ref?.slice(0, 256) ?? null, name: null },
  };
}

function tenantNamed({ rawQuery }: KeyedRequest): string | undefined {
  const named = new URLSearchParams(rawQuery).get('tenant');
  return named !== null && TENANT.test(named) ? named : undefined;
}

/** What is made, or put under a name, is of the tenant that the body names; what is not so is refused. */
function tenantGiven(request: KeyedRequest, ref: string | undefined): string | undefined {
  const isId = ref !== undefined && (isIntegrationId(ref) || isSourceId(ref));
  const isMade = ref === undefined ? request.method === 'POST' : request.method === 'PUT' && !isId;
  if (!isMade) return undefined;
  try {
    const body = jsonBody(request);
    const given = isJsonObject(body) ? body.tenant : undefined;
    return typeof given === 'string' && TENANT.test(given) ? given : undefined;
  } catch (error) {
    if (error instanceof RequestError) return undefined;
    throw error;
  }
}

async function lookUp(
  deps: SubjectDeps,
  kind: AuditRule['kind'],
  ref: string,
  tenant: string = DEFAULT_TENANT,
): Promise<Subject | undefined> {
  switch (kind) {
    case 'integration':
    case 'breaker': {
      const found = await named(deps.integrations, isIntegrationId, ref, tenant);
      // Of a breaker it shows nothing but whose it is.
      return of(kind, found, kind === 'integration' ? integrationState : undefined);
    }
    case 'source':
      return of(kind, await named(deps.sources, isSourceId, ref, tenant), sourceState);
    case 'key':
      return of(kind, isKeyId(ref) ? await deps.apiKeys.byId(ref) : undefined, keyState);
    case 'job':
      return of(kind, isJobId(ref) ? await deps.jobs.load(ref) : undefined, jobState);
    case 'delivery': {
      const parts = parseDeliveryId(ref);
      const owner = parts && (await deps.integrations.byId(parts.integrationId));
      return owner && { tenant: owner.tenant, resource: { kind, id: ref, name: null } };
    }
    case 'event':
      return undefined;
  }
}

interface Item {
  readonly id: string;
  readonly tenant?: string;
  readonly name?: string;
}

interface Lookup<I, T> {
  byId(id: I): Promise<T | undefined>;
  byName(tenant: string, name: string): Promise<T | undefined>;
}

async function named<I extends string, T>(
  store: Lookup<I, T>,
  isId: (text: string) => text is I,
  ref: string,
  tenant: string,
): Promise<T | undefined> {
  if (isId(ref)) return await store.byId(ref);
  return INTEGRATION_NAME.test(ref) ? await store.byName(tenant, ref) : undefined;
}

function of<T extends Item>(
  kind: string,
  item: T | undefined,
  stateOf?: (item: T) => unknown,
): Subject | undefined {
  if (item === undefined) return undefined;
  const { id, name = null, tenant = NO_TENANT } = item;
  const resource = { kind, id, name };
  return { tenant, resource, ...(stateOf !== undefined && { before: stateOf(item) }) };
}
