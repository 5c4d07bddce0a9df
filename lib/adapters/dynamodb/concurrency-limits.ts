import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ConcurrencyLimits } from '../../app/ports-outage.ts';
import { SKEW_MS } from '../../domain/breaker-gate.ts';
import { placeConditions } from './outage-conditions.ts';
import { getItem, type Item, type Store, type StoreOptions } from './store.ts';
import { keys, type Tables, ttlAt } from './table.ts';
import { updateIf } from './update.ts';

/** Races lost to other takers before the caller goes without. */
const RACES_MAX = 4;
/** A row whose last place expired this long ago is gone. */
const KEPT_MS = 86_400_000;

/** Concurrency limits in DynamoDB: the places taken are members of one set. */
export function dynamoConcurrencyLimits(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): ConcurrencyLimits {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async take(integrationId, { max, count, owner, expiresAtMs }, nowMs) {
      const key = keys.places(integrationId);
      const ttl = ttlAt(expiresAtMs + KEPT_MS);
      let wanted = placesOf(owner, expiresAtMs, Math.min(count, max));
      for (let race = 0; race < RACES_MAX && wanted.length > 0; race++) {
        const row = await updateIf(
          store,
          key,
          { add: { pl: new Set(wanted) }, set: { ttl } },
          placeConditions.areFree(max, wanted.length),
        );
        if (row !== undefined) return wanted;
        const standing = standingIn(await getItem(store, key));
        // They are ours already: the answer was lost.
        if (wanted.every((place) => standing.has(place))) return wanted;
        const dead = [...standing].filter((place) => expiryOf(place) + SKEW_MS < nowMs);
        if (dead.length > 0) await updateIf(store, key, { take: { pl: new Set(dead) } });
        wanted = wanted.slice(0, Math.max(max - standing.size + dead.length, 0));
      }
      return [];
    },

    async give(integrationId, places) {
      if (places.length === 0) return;
      const key = keys.places(integrationId);
      await updateIf(store, key, { take: { pl: new Set(places) } }, placeConditions.exist);
    },
  };
}

function placesOf(owner: string, expiresAtMs: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${expiresAtMs.toString(36)}~${owner}~${n}`);
}

function expiryOf(place: string): number {
  return Number.parseInt(place.slice(0, place.indexOf('~')), 36);
}

function standingIn(row: Item | undefined): ReadonlySet<string> {
  return row?.pl instanceof Set ? (row.pl as ReadonlySet<string>) : new Set();
}
