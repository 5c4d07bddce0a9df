import type { Integration } from '../domain/integration.ts';
import type { IntegrationView } from './integrations.ts';
import type { Integrations, Page } from './ports.ts';
import { type Caller, tenantSeen } from './tenancy.ts';
import { integrationView } from './views-registry.ts';

export interface IntegrationQuery {
  readonly serviceType?: string | undefined;
  readonly status?: string | undefined;
  /** Part of the name, the description or the endpoint's host; upper or lower case alike. */
  readonly q?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Pages that are read at most to fill one page of a filtered list. */
const PAGES_READ_MAX = 10;

/**
 * Newest first. A filtered page may be short, even empty, and still have a `next`: it ends where
 * reading on would have taken too long.
 */
export async function listIntegrations(
  deps: { readonly integrations: Pick<Integrations, 'list'> },
  caller: Caller,
  query: IntegrationQuery,
): Promise<Page<IntegrationView>> {
  const tenant = tenantSeen(caller);
  const found: Integration[] = [];
  let after = query.after;
  for (let pages = 0; pages < PAGES_READ_MAX; pages++) {
    // Never more than still fit: a page can only be continued where the store's page ended.
    const page = await deps.integrations.list({
      limit: query.limit - found.length,
      ...(tenant !== undefined && { tenant }),
      ...(after !== undefined && { after }),
    });
    found.push(...page.items.filter((integration) => matches(integration, query)));
    after = page.next;
    if (after === undefined || found.length >= query.limit) break;
  }
  return { items: found.map((integration) => integrationView(integration)), next: after };
}

function matches(integration: Integration, { serviceType, status, q }: IntegrationQuery): boolean {
  if (serviceType !== undefined && serviceType !== integration.serviceType) return false;
  if (status !== undefined && status !== integration.status) return false;
  if (q === undefined) return true;
  const { name, description, endpoint } = integration;
  const texts = [name, description, URL.parse(endpoint)?.host ?? ''];
  return texts.some((text) => text.toLowerCase().includes(q.toLowerCase()));
}
