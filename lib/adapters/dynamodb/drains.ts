import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Drains } from '../../app/ports-outage.ts';
import type { Drain } from '../../domain/drain.ts';
import { drainConditions } from './outage-conditions.ts';
import { getItem, putIf, removeIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, type Tables } from './table.ts';

/** Drains in DynamoDB, one row each while they last. */
export function dynamoDrains(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): Drains {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async load(integrationId) {
      const item = await getItem(store, keys.drain(integrationId));
      if (item === undefined) return undefined;
      const { doc } = item as { readonly doc: string };
      return { position: undefined, ...JSON.parse(doc) } as Drain;
    },

    async save(next) {
      const row = { doc: JSON.stringify(next), n: next.step };
      const key = keys.drain(next.integrationId);
      const condition = next.step === 1 ? conditions.isNew : drainConditions.isAt(next.step - 1);
      const result = await putIf(store, key, row, condition);
      return result.kind === 'written' ? 'saved' : 'stale';
    },

    async remove({ integrationId, step }) {
      await removeIf(store, keys.drain(integrationId), drainConditions.isAt(step));
    },
  };
}
