import type { KeyObject } from 'node:crypto';
import { type AuditEntry, EMPTY_CHAIN, entryText, type StoredEntry } from './audit.ts';
import { WALK_BEGUN, type Walk, walkEnded, walkOn } from './audit-chain.ts';
import { type AuditDigest, digestText, type StoredDigest } from './audit-digest.ts';
import {
  type DigestsKnown,
  type DigestWalk,
  digestsBegun,
  digestsEnded,
  notHeld,
  type SignedHead,
  stepOverDigest,
} from './audit-digest-chain.ts';

/** What the API has answered of the audit log, in any order; pages may overlap. */
export interface AuditExport {
  readonly entries: readonly AuditEntry[];
  readonly digests: readonly AuditDigest[];
}

export interface ExportKnown {
  readonly keys: readonly KeyObject[];
  readonly noted?: DigestsKnown['noted'];
  /** When the key was made, if that is known: digests begin soon after. */
  readonly keyMadeAtMs?: number | undefined;
  /** What is before the first entry of a chain, and the first digest, is not here: it is not judged. */
  readonly isPart: boolean;
}

export interface ExportedChain {
  readonly tenant: string;
  readonly walk: Walk;
  /** The last entry that a digest covers; 0: none. */
  readonly signedTo: number;
}

export interface ExportVerdict {
  readonly ok: boolean;
  readonly chains: readonly ExportedChain[];
  readonly digests: DigestWalk;
}

/** Judges an export as the API judges the tables, with nothing but the public key. */
export function verifyExport(exported: AuditExport, known: ExportKnown): ExportVerdict {
  const byTenant = Map.groupBy(exported.entries, ({ tenant }) => tenant);
  const { walk: signed, heads } = walkDigests(exported.digests, known);
  const headsOf = Map.groupBy(heads, ({ tenant }) => tenant);
  const tenants = known.isPart ? [...byTenant.keys()] : [...byTenant.keys(), ...headsOf.keys()];
  let digests = signed;
  const chains = [...new Set(tenants)].sort().map((tenant): ExportedChain => {
    const entries = inOrder(byTenant.get(tenant) ?? [], entryRow);
    const own = headsOf.get(tenant) ?? [];
    const first = known.isPart ? (entries[0]?.place ?? 1) : 1;
    const lost = own.find(({ seq, hash }) => seq >= first && hashAt(entries, seq) !== hash);
    if (lost !== undefined && digests.problem === null) {
      digests = { ...digests, problem: notHeld(lost) };
    }
    const walk = walkChain(tenant, entries, known.isPart, own.at(-1));
    return { tenant, walk, signedTo: own.at(-1)?.seq ?? 0 };
  });
  const isWhole = digests.problem === null && digests.gaps.length === 0;
  const ok = isWhole && chains.every(({ walk }) => walk.problem === null);
  return { ok, chains, digests };
}

interface EntryRow extends StoredEntry {
  readonly entry: AuditEntry;
}

const entryRow = (entry: AuditEntry): EntryRow => ({
  ...{ place: entry.seq, text: entryText(entry), entry },
});

function walkChain(
  tenant: string,
  rows: readonly EntryRow[],
  isPart: boolean,
  last: SignedHead | undefined,
): Walk {
  const [first] = rows;
  const before =
    isPart && first !== undefined
      ? { seq: first.place - 1, hash: first.entry.prevHash }
      : WALK_BEGUN.head;
  const heads = last === undefined ? [] : [last];
  const walk = walkOn({ ...WALK_BEGUN, head: before }, tenant, rows, heads);
  // How far nobody has signed is said; how old that may be is not judged here.
  return walkEnded(walk, heads, { anchor: EMPTY_CHAIN, last: undefined, isOld: () => false });
}

function walkDigests(digests: readonly AuditDigest[], known: ExportKnown) {
  const rows = inOrder(digests, (digest) => ({
    ...{ place: digest.number, text: digestText(digest), digest },
  }));
  const [first] = rows;
  let walk = digestsBegun(known.keyMadeAtMs);
  if (known.isPart && first !== undefined) {
    const { number, prevHash } = first.digest;
    walk = { ...walk, end: { number: number - 1, hash: prevHash, atMs: 0 } };
  }
  const heads: SignedHead[] = [];
  for (const row of rows) {
    const step = stepOverDigest(walk, row, known);
    walk = step.walk;
    heads.push(...step.heads);
  }
  return { walk: digestsEnded(walk, known, walk.end.atMs), heads };
}

/** By their places; what is there twice in the same words counts once. */
function inOrder<T, R extends StoredEntry | StoredDigest>(
  items: readonly T[],
  rowOf: (item: T) => R,
): R[] {
  const rows = items.map(rowOf).sort((a, b) => a.place - b.place);
  return rows.filter((row, i) => i === 0 || row.text !== rows[i - 1]?.text);
}

/** Of rows in order, without a gap where they are whole. */
function hashAt(rows: readonly EntryRow[], seq: number): string | undefined {
  const row = rows[seq - (rows[0]?.place ?? 1)];
  return row?.place === seq ? row.entry.hash : undefined;
}
