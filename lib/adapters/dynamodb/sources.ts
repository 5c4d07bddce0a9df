import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Sources } from '../../app/ports.ts';
import { visitSource } from '../../domain/sealed.ts';
import { SOURCES_PER_TENANT_MAX, type Source } from '../../domain/source.ts';
import { freshReads } from './fresh.ts';
import { type NamedOptions, namedResources } from './named-resources.ts';
import type { StoreOptions } from './store.ts';
import type { Tables } from './table.ts';

/** Sources in DynamoDB. */
export function dynamoSources(
  db: DynamoDBClient,
  tables: Tables,
  options: NamedOptions & { readonly perTenantMax?: number },
): Sources {
  const { all: _, ...sources } = namedResources<Source>(db, tables, options, {
    kind: 'source',
    prefix: 'SRC',
    secrets: visitSource,
    perTenantMax: options.perTenantMax ?? SOURCES_PER_TENANT_MAX,
  });
  return sources;
}

const FRESH_MS = 2_000;
const ENTRIES_MAX = 1_000;

/** Sources as the receive path reads them: up to two seconds old, or `freshMs`; one read for many. */
export function cachedSources(
  sources: Pick<Sources, 'byId'>,
  clock: StoreOptions['clock'],
): (id: Source['id'], freshMs?: number) => Promise<Source | undefined> {
  const limits = { freshMs: FRESH_MS, entriesMax: ENTRIES_MAX };
  return freshReads((id) => sources.byId(id as Source['id']), limits, clock);
}
