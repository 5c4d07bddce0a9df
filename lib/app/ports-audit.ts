import type {
  AuditDraft,
  AuditEntry,
  AuditId,
  ChainEnd,
  ChainHead,
  StoredEntry,
} from '../domain/audit.ts';
import type { DigestEnd, StoredDigest, TenantHead } from '../domain/audit-digest.ts';
import type { SignedHead } from '../domain/audit-digest-chain.ts';
import type { Page } from './ports.ts';

/** What is kept of an audited change until its entry is in the chain. */
export interface AuditIntent {
  /** The entry as it is to be, should nobody come to tell more of it. */
  readonly draft: AuditDraft;
  /** When it was begun. */
  readonly atMs: number;
  /** The chain's end when it was begun: its entry can only be after that. */
  readonly end: ChainEnd;
}

export interface AuditQuery {
  /** One chain; left out: all. */
  readonly tenant?: string;
  /** Inclusive. */
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
  readonly matches: (entry: AuditEntry) => boolean;
  /** A page's `next`. */
  readonly after?: string;
  readonly limit: number;
}

/** What a list shows; `broken`: rows that were left out, as they are not what was stored. */
export interface AuditPage extends Page<AuditEntry> {
  readonly broken: number;
}

/** A part of what lists of all chains show: where its rows are. */
export interface AuditListed {
  /** Rows looked at. */
  readonly count: number;
  /** Of which chains there are rows. */
  readonly tenants: readonly string[];
  /** Partitions with rows that are in no chain. */
  readonly strays: readonly string[];
  readonly next: string | undefined;
}

/** The chains of audit entries, one for each tenant: only ever added to. */
export interface AuditTrail {
  /** After the last row, or the last up to this place; `EMPTY_CHAIN`: none. Strongly consistent. */
  end(tenant: string, upTo?: number): Promise<ChainEnd>;
  /**
   * Puts the entry at its place; `taken` if there is one: another, or this very one, put by a write
   * whose answer was lost.
   */
  append(entry: AuditEntry): Promise<'appended' | 'taken'>;
  /** At most `limit` rows that have a place, from this one on, in order. Strongly consistent. */
  read(tenant: string, fromSeq: number, limit: number): Promise<readonly StoredEntry[]>;
  /** The same of every row behind this place, in the order of their keys, whatever those are. */
  everyRow(tenant: string, afterSeq: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Newest first; of all chains it may lag a moment. May be short of `limit` and have a `next`. */
  list(query: AuditQuery): Promise<AuditPage>;
  /** Every row that a list of all chains looks at, page by page. May lag a moment. */
  listed(after: string | undefined): Promise<AuditListed>;
  /** What is noted apart from the chain of how far it goes. Strongly consistent. */
  anchor(tenant: string): Promise<ChainHead | undefined>;
  /** Every chain that has an anchor, by name. Strongly consistent. */
  heads(): Promise<readonly TenantHead[]>;
  /** Notes `to` in place of exactly `from`. */
  moveAnchor(
    tenant: string,
    from: ChainHead | undefined,
    to: ChainHead,
  ): Promise<'moved' | 'stale'>;
}

export interface AuditIntents {
  /** Stores it, in place of an older one of the same entry. */
  put(intent: AuditIntent): Promise<void>;
  remove(id: AuditId): Promise<void>;
  /** The oldest first, at most `limit`. Strongly consistent. */
  oldest(limit: number): Promise<readonly AuditIntent[]>;
}

/** Signed statements of how far chains go: only ever added to. */
export interface AuditDigests {
  /** Of the last one, or the last up to this number; `NO_DIGEST`: none. Strongly consistent. */
  end(upTo?: number): Promise<DigestEnd>;
  /** Puts the text at its number; `taken` if there is one. */
  append(number: number, text: string): Promise<'appended' | 'taken'>;
  /** At most `limit` from this number on, in order. Strongly consistent. */
  read(fromNumber: number, limit: number): Promise<readonly StoredDigest[]>;
  /** The last head of each chain that is signed, as it was noted: the digests prove it. */
  signed(): Promise<readonly SignedHead[]>;
  signedOf(tenant: string): Promise<SignedHead | undefined>;
  noteSigned(head: SignedHead): Promise<void>;
}

export interface DigestSigner {
  /** ARN of the key. */
  readonly key: string;
  /** ECDSA over a SHA-256: DER in base64. Throws as long as the key cannot be used. */
  sign(sha256: Uint8Array): Promise<string>;
}
