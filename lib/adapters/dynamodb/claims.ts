import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Claim, Claims } from '../../app/ports.ts';
import { type PackedText, packText, unpackText } from './codec.ts';
import { type Item, type PutResult, putIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, type Tables, ttlAt } from './table.ts';
import { changeIf } from './update.ts';

/** Races for one claim that are run again; each was lost to somebody who has it now or gave it back. */
const RACES_MAX = 4;

/** Claims in DynamoDB, one row each, gone when they expire. */
export function dynamoClaims(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): Claims {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async take(claim, expiresAtMs, nowMs) {
      for (let race = 0; race < RACES_MAX; race++) {
        const result = await putClaim(
          store,
          claim,
          expiresAtMs,
          conditions.isNewOrExpiredAt(nowMs),
        );
        if (result.kind === 'written') return { kind: 'taken', claim };
        if (result.existing === undefined) continue;

        const standing = claimOf(claim.key, result.existing);
        if (!isLeftBehind(standing, claim, nowMs)) return { kind: 'standing', claim: standing };
        const { seed, createdAtMs } = standing;
        const again = { ...claim, seed, createdAtMs };
        const unchanged = conditions.isUnchanged(result.existing.w);
        const takeOver = await putClaim(store, again, expiresAtMs, unchanged);
        if (takeOver.kind === 'written') return { kind: 'taken', claim: again };
      }
      throw new Error(`A claim changed hands ${RACES_MAX} times while it was being taken.`);
    },

    // Where the claim has meanwhile gone to somebody else, theirs is the answer: nothing is changed.
    async finish(key, seed, answer) {
      const set = { sc: answer.statusCode, bd: packText(answer.body) };
      await changeIf(store, keys.claim(key), { set }, conditions.isSeededBy(seed));
    },

    async release(key, seed) {
      await changeIf(store, keys.claim(key), { set: { ls: 0 } }, conditions.isUnanswered(seed));
    },
  };
}

/** Whether a run that died holds it: then the same work may be begun again, under the same ids. */
function isLeftBehind(standing: Claim, claim: Claim, nowMs: number): boolean {
  return (
    standing.answer === undefined &&
    standing.leaseUntilMs <= nowMs &&
    standing.fingerprint === claim.fingerprint
  );
}

function putClaim(
  store: Store,
  claim: Claim,
  expiresAtMs: number,
  condition: Parameters<typeof putIf>[3],
): Promise<PutResult> {
  return putIf(
    store,
    keys.claim(claim.key),
    {
      fp: claim.fingerprint,
      sd: claim.seed,
      cr: claim.createdAtMs,
      ls: claim.leaseUntilMs,
      ex: expiresAtMs,
      ttl: ttlAt(expiresAtMs),
    },
    condition,
  );
}

interface ClaimRow {
  readonly fp: string;
  readonly sd: string;
  readonly cr: number;
  readonly ls: number;
  readonly sc?: number;
  readonly bd?: PackedText;
}

function claimOf(key: string, item: Item): Claim {
  const row = item as unknown as ClaimRow;
  const claim = {
    key,
    fingerprint: row.fp,
    seed: row.sd,
    createdAtMs: row.cr,
    leaseUntilMs: row.ls,
  };
  if (row.sc === undefined) return claim;
  return { ...claim, answer: { statusCode: row.sc, body: unpackText(row.bd ?? '') } };
}
