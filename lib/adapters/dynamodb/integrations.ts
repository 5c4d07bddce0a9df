import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Integrations } from '../../app/ports.ts';
import { BREAKER_DEFAULTS } from '../../domain/breaker.ts';
import {
  INTEGRATIONS_PER_TENANT_MAX,
  type Integration,
  routeOf,
} from '../../domain/integration.ts';
import { visitIntegration } from '../../domain/sealed.ts';
import { type NamedOptions, namedResources } from './named-resources.ts';
import { readAll } from './ranges.ts';
import { countRoutesChange, routeCache } from './routes.ts';
import { put, type Store } from './store.ts';
import { keys, type Tables, TENANTS } from './table.ts';

/** Integrations in DynamoDB; a change is in `routes` as soon as it is answered. */
export function dynamoIntegrations(
  db: DynamoDBClient,
  tables: Tables,
  options: NamedOptions & { readonly perTenantMax?: number },
): Integrations {
  const store: Store = { db, table: tables.registry, random: options.random };
  const { all, ...resources } = namedResources<Integration>(db, tables, options, {
    kind: 'integration',
    prefix: 'INT',
    secrets: visitIntegration,
    perTenantMax: options.perTenantMax ?? INTEGRATIONS_PER_TENANT_MAX,
    defaults: { breaker: BREAKER_DEFAULTS, limits: {}, fallback: [], ordering: 'none' },
    beforeCreate: (tenant) => put(store, keys.tenant(tenant), {}),
    afterChange: (tenant) => countRoutesChange(db, tables.registry, tenant),
  });
  return {
    ...resources,
    routes: routeCache(store, options.clock, async (tenant) => (await all(tenant)).map(routeOf)),
    async tenants() {
      const rows = await readAll(db, {
        table: store.table,
        partition: ['pk', TENANTS],
        order: 'ascending',
        consistent: true,
      });
      return rows.map((row) => row.sk as string);
    },
  };
}
