import type { Clock } from '../../app/ports.ts';
import { getItem, type Item, putIf, removeIf, type Store } from './store.ts';
import { conditions, type Kind, keys } from './table.ts';

/** Longer than any function runs that takes a name: whoever claimed it is done with it, or dead. */
const CLAIM_SETTLED_MS = 30_000;
const RACES_MAX = 4;

/** Who claims a name. The truth is the holder's own row: a claim can be left behind. */
export interface NameClaim {
  readonly id: string;
  readonly claimedAtMs: number;
  /** Marks this very write. */
  readonly w: Uint8Array;
}

export interface NameClaims {
  read(tenant: string, name: string): Promise<NameClaim | undefined>;
  holder(tenant: string, name: string): Promise<string | undefined>;
  /** Claims the name for `id`; false where another has it, or may be about to. */
  take(tenant: string, name: string, id: string): Promise<boolean>;
  /** Gives up exactly this claim; one made anew since then stays. */
  release(tenant: string, name: string, claim: NameClaim): Promise<void>;
  /** Gives up whatever claim `id` has on the name: for one that is gone for good. */
  releaseAll(tenant: string, name: string, id: string): Promise<void>;
}

export function nameClaims(
  store: Store,
  kind: Kind,
  clock: Pick<Clock, 'nowMs'>,
  find: (tenant: string, id: string) => Promise<{ readonly name: string } | undefined>,
): NameClaims {
  const read = async (tenant: string, name: string) => {
    const item = await getItem(store, keys.name(kind, tenant, name));
    return item === undefined ? undefined : claimOf(item);
  };

  const isFree = async (claim: NameClaim, tenant: string, name: string) => {
    if (clock.nowMs() - claim.claimedAtMs < CLAIM_SETTLED_MS) return false;
    return (await find(tenant, claim.id))?.name !== name;
  };

  return {
    read,

    async holder(tenant, name) {
      return (await read(tenant, name))?.id;
    },

    async take(tenant, name, id) {
      const key = keys.name(kind, tenant, name);
      for (let race = 0; race < RACES_MAX; race++) {
        const claim = { id, claimedAtMs: clock.nowMs() };
        const fresh = await putIf(store, key, claim, conditions.isNew);
        if (fresh.kind === 'written') return true;
        if (fresh.existing === undefined) continue;
        const standing = claimOf(fresh.existing);
        if (standing.id !== id && !(await isFree(standing, tenant, name))) return false;
        // One's own is claimed anew too, so that nobody who judged the old one can take it away.
        const taken = await putIf(store, key, claim, conditions.isUnchanged(standing.w));
        if (taken.kind === 'written') return true;
      }
      return false;
    },

    async release(tenant, name, claim) {
      await removeIf(store, keys.name(kind, tenant, name), conditions.isUnchanged(claim.w));
    },

    async releaseAll(tenant, name, id) {
      await removeIf(store, keys.name(kind, tenant, name), conditions.hasId(id));
    },
  };
}

function claimOf(item: Item): NameClaim {
  const { id, claimedAtMs, w } = item as unknown as NameClaim;
  return { id, claimedAtMs, w };
}
