import type { ApiKeys, Integrations, Sources } from '../app/ports.ts';
import type { Jobs } from '../app/ports-jobs.ts';
import type { AuditResource } from '../domain/audit.ts';
import { NO_TENANT } from '../domain/audit.ts';
import {
  type IntegrationId,
  isIntegrationId,
  isJobId,
  isKeyId,
  isSourceId,
  parseDeliveryId,
  type SourceId,
} from '../domain/ids.ts';
import { DEFAULT_TENANT, INTEGRATION_NAME, TENANT } from '../domain/integration.ts';
import type { AuditRule } from './audit-rules.ts';
import type { KeyedRequest } from './request.ts';

/** What a request is about, found before it does anything: whose chain it belongs to, and its name. */
export interface Subject {
  readonly tenant: string;
  readonly resource: AuditResource;
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
  const bound = request.principal.tenant ?? tenantNamed(request);
  const ref = param === undefined ? undefined : request.params[param];
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

async function lookUp(
  deps: SubjectDeps,
  kind: AuditRule['kind'],
  ref: string,
  tenant: string = DEFAULT_TENANT,
): Promise<Subject | undefined> {
  switch (kind) {
    case 'integration':
    case 'breaker':
      return of(
        kind,
        await named<IntegrationId, Item>(deps.integrations, isIntegrationId, ref, tenant),
      );
    case 'source':
      return of(kind, await named<SourceId, Item>(deps.sources, isSourceId, ref, tenant));
    case 'key':
      return of(kind, isKeyId(ref) ? await deps.apiKeys.byId(ref) : undefined);
    case 'job':
      return of(kind, isJobId(ref) ? await deps.jobs.load(ref) : undefined);
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

function of(kind: string, item: Item | undefined): Subject | undefined {
  if (item === undefined) return undefined;
  const { id, name = null, tenant = NO_TENANT } = item;
  return { tenant, resource: { kind, id, name } };
}
