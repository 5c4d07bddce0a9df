import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Clock } from '../../app/ports.ts';
import type { Route } from '../../domain/integration.ts';
import { rememberIn } from '../../domain/remember.ts';
import { getItem, type Store } from './store.ts';
import { keys } from './table.ts';

/** A change whose version was never counted, because its writer died, is seen after this. */
const ROUTES_FRESH_MS = 30_000;
const TENANTS_REMEMBERED_MAX = 1_000;

interface Known {
  readonly version: number;
  readonly sinceMs: number;
  readonly routes: Promise<readonly Route[]>;
}

/**
 * A tenant's routes, kept in memory for as long as its routing version stays: one small read
 * per call. A change is counted after it was written, so whoever reads its version finds it.
 */
export function routeCache(
  store: Store,
  clock: Pick<Clock, 'nowMs'>,
  load: (tenant: string) => Promise<readonly Route[]>,
): (tenant: string) => Promise<readonly Route[]> {
  const known = new Map<string, Known>();
  return async (tenant) => {
    const sinceMs = clock.nowMs();
    const version = await readVersion(store, tenant);
    const entry = known.get(tenant);
    if (entry && entry.version >= version && sinceMs - entry.sinceMs < ROUTES_FRESH_MS) {
      return entry.routes;
    }
    const routes = load(tenant);
    rememberIn(known, tenant, { version, sinceMs, routes }, TENANTS_REMEMBERED_MAX);
    routes.catch(() => {
      if (known.get(tenant)?.routes === routes) known.delete(tenant);
    });
    return routes;
  };
}

async function readVersion(store: Store, tenant: string): Promise<number> {
  const item = await getItem(store, keys.routesVersion(tenant));
  return item === undefined ? 0 : (item.v as number);
}

/** Makes every cache read the tenant's routes again. Counted twice is as good as once. */
export async function countRoutesChange(db: DynamoDBClient, table: string, tenant: string) {
  await db.send(
    new UpdateItemCommand({
      TableName: table,
      Key: marshall(keys.routesVersion(tenant)),
      UpdateExpression: 'ADD v :one',
      ExpressionAttributeValues: marshall({ ':one': 1 }),
    }),
  );
}
