import {
  type AuditEntry,
  type ChainHead,
  EMPTY_CHAIN,
  endAt,
  hashOf,
  parseEntry,
  placeInTime,
  type StoredEntry,
} from './audit.ts';

/**
 * `edited`: an entry or its row is not what was stored, or its successor was chained to another one.
 * `missing`: there is no entry at this place. `moved`: what is there belongs to another place or
 * chain, or to none. `truncated`: the chain once went further. `rewritten`: another entry was known
 * to be at this place. `unanchored`: entries that no head covers, though the time for that has
 * passed. `unsigned`: the same of digests, or what is noted of them is not so.
 */
export type ChainProblemKind =
  | 'edited'
  | 'missing'
  | 'moved'
  | 'truncated'
  | 'rewritten'
  | 'unanchored'
  | 'unsigned';

export interface ChainProblem {
  readonly seq: number;
  readonly kind: ChainProblemKind;
  readonly message: string;
}

/** How far a chain has been found whole. */
export interface Walk {
  readonly head: ChainHead;
  readonly checked: number;
  readonly problem: ChainProblem | null;
}

export const WALK_BEGUN: Walk = {
  head: { seq: EMPTY_CHAIN.seq, hash: EMPTY_CHAIN.hash },
  checked: 0,
  problem: null,
};

/**
 * Goes on over the rows that follow, in the order of their places; stops at the first that is not
 * as it should be. `heads` are what is known from elsewhere to have been in the chain.
 */
export function walkOn(
  walk: Walk,
  tenant: string,
  rows: readonly StoredEntry[],
  heads: readonly ChainHead[],
): Walk {
  let { head, checked } = walk;
  if (walk.problem !== null) return walk;
  for (const row of rows) {
    const next = stepOver(head, tenant, row, heads);
    if ('kind' in next) return { head, checked, problem: next };
    head = next;
    checked += 1;
  }
  return { head, checked, problem: null };
}

/** What is known of a chain's end besides its rows. */
export interface EndKnown {
  /** What is noted beside the chain. */
  readonly anchor: ChainHead | undefined;
  /** The last row that was read. */
  readonly last: StoredEntry | undefined;
  /** Whether an entry of that time must be covered by the anchor by now. */
  readonly isOld: (atMs: number) => boolean;
}

/** Judges a walk that has come to the end of its chain. */
export function walkEnded(walk: Walk, heads: readonly ChainHead[], known: EndKnown): Walk {
  if (walk.problem !== null) return walk;
  const beyond = heads.find(({ seq }) => seq > walk.head.seq);
  if (beyond !== undefined) {
    const seq = walk.head.seq + 1;
    const message = `The chain ends at ${walk.head.seq}; it once had an entry ${beyond.seq}.`;
    return { ...walk, problem: { seq, kind: 'truncated', message } };
  }
  const { anchor = EMPTY_CHAIN, last, isOld } = known;
  if (last === undefined || anchor.seq >= walk.head.seq || !isOld(endAt(last).atMs)) return walk;
  const seq = anchor.seq + 1;
  const message = `From entry ${seq} on nobody has noted that the chain goes so far.`;
  return { ...walk, problem: { seq, kind: 'unanchored', message } };
}

/** What digests say of a chain's end. */
export interface SignedKnown {
  /** The last head that is proven; `unproven`: what is noted of it is not so. */
  readonly signed: ChainHead | 'unproven' | undefined;
  /** The entry behind it. */
  readonly next: StoredEntry | undefined;
  /** Whether an entry of that time must be signed by now. */
  readonly isLate: (atMs: number) => boolean;
}

/** Judges a walk that has come to the end of its chain by what is signed of it. */
export function walkSigned(walk: Walk, { signed, next, isLate }: SignedKnown): Walk {
  if (walk.problem !== null) return walk;
  const told = (seq: number, message: string): Walk => ({
    ...walk,
    problem: { seq, kind: 'unsigned', message },
  });
  if (signed === 'unproven') {
    return told(
      walk.head.seq,
      'The digest that was noted for this chain does not say what it should.',
    );
  }
  if (next === undefined || !isLate(endAt(next).atMs)) return walk;
  const seq = (signed?.seq ?? 0) + 1;
  return told(seq, `From entry ${seq} on nothing is signed, and the time for that has passed.`);
}

/** The head after this row, or what is wrong with it. */
function stepOver(
  before: ChainHead,
  tenant: string,
  { place, text, inTime }: StoredEntry,
  heads: readonly ChainHead[],
): ChainHead | ChainProblem {
  const wanted = before.seq + 1;
  // Rows come in the order of their keys: such a one was put among them.
  if (!Number.isSafeInteger(place) || place < wanted) {
    return { seq: wanted, kind: 'moved', message: 'A row of the chain has no place in it.' };
  }
  if (place !== wanted) {
    return { seq: wanted, kind: 'missing', message: `Entry ${wanted} is missing.` };
  }
  const entry = parseEntry(text);
  if (entry === undefined || hashOf(entry) !== entry.hash) {
    return { seq: place, kind: 'edited', message: `Entry ${place} is not what was stored.` };
  }
  const { seq, hash, prevHash } = entry;
  if (seq !== place || entry.tenant !== tenant) return moved(place, entry);
  if (inTime !== undefined && inTime !== placeInTime(entry)) {
    const message = `Entry ${place} is kept out of the list of all chains, or is elsewhere in it.`;
    return { seq, kind: 'edited', message };
  }
  if (prevHash !== before.hash) {
    const message = `Entry ${place} was chained to another entry than the one before it.`;
    return { seq, kind: 'edited', message };
  }
  const isAnother = heads.some((known) => known.seq === seq && known.hash !== hash);
  if (!isAnother) return { seq, hash };
  const message = `Entry ${place} is not the one that was known to be there.`;
  return { seq, kind: 'rewritten', message };
}

function moved(place: number, { seq, tenant }: AuditEntry): ChainProblem {
  const message = `At place ${place} is entry ${seq} of the chain ${JSON.stringify(tenant)}.`;
  return { seq: place, kind: 'moved', message };
}
