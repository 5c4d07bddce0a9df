import { createHash } from 'node:crypto';
import { boundedState } from './audit-bounds.ts';
import { canonicalJson } from './canonical-json.ts';

export type AuditId = `aud_${string}`;

/** The chain of what belongs to no tenant; no tenant is called so. */
export const NO_TENANT = '*';

/** Who did it: a key, Breakwater itself, or whoever asked from an address without a good key. */
export type AuditActor =
  | { readonly kind: 'key'; readonly keyId: string; readonly name: string }
  | { readonly kind: 'system'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string };

export interface AuditResource {
  readonly kind: string;
  readonly id: string | null;
  readonly name: string | null;
}

/**
 * `interrupted`: it was begun, and nobody recorded its end; look at the resource. `failed`: it broke
 * down, and may have been done in part.
 */
export type AuditOutcome = 'succeeded' | 'failed' | 'refused' | 'interrupted';

/** What an entry says, before it has a place in its chain. */
export interface AuditDraft {
  readonly id: AuditId;
  /** Whose chain it is in. */
  readonly tenant: string;
  readonly actor: AuditActor;
  /** `kind.verb`, such as `integration.update`. */
  readonly action: string;
  readonly resource: AuditResource;
  readonly outcome: AuditOutcome;
  readonly requestId: string | null;
  readonly sourceIp: string | null;
  /** How the resource was, and is; secrets struck out. Null: not told, or not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** An entry in its chain: `hash` covers all the rest of it, and by `prevHash` all that was before. */
export interface AuditEntry extends AuditDraft {
  /** From 1 on, without a gap. */
  readonly seq: number;
  /** When it was recorded; never before the entry before it. */
  readonly at: string;
  readonly prevHash: string;
  /** SHA-256 of the canonical JSON of everything else, in hex. */
  readonly hash: string;
}

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The last entry of a chain, as far as the next one has to know it. */
export interface ChainEnd extends ChainHead {
  readonly atMs: number;
}

/** What the first entry of every chain names as its predecessor. */
export const EMPTY_CHAIN: ChainEnd = { seq: 0, hash: '0'.repeat(64), atMs: 0 };

/** The draft as it can be stored: however large a resource is, its entry fits into an item. */
export function boundedDraft(draft: AuditDraft): AuditDraft {
  return { ...draft, before: boundedState(draft.before), after: boundedState(draft.after) };
}

/** The draft as the entry that follows `end`. */
export function entryAfter(end: ChainEnd, draft: AuditDraft, nowMs: number): AuditEntry {
  const { before, after, ...told } = boundedDraft(draft);
  const { id, tenant, actor, action, resource, outcome, requestId, sourceIp } = told;
  const content = {
    ...{ id, seq: end.seq + 1, at: new Date(Math.max(nowMs, end.atMs)).toISOString() },
    ...{ tenant, actor, action, resource, outcome, requestId, sourceIp },
    ...{ before, after, prevHash: end.hash },
  };
  // What JSON cannot say exactly must be gone before it is hashed: the hash is of what is read back.
  const plain = JSON.parse(JSON.stringify(content)) as typeof content;
  return { ...plain, hash: hashOf(plain) };
}

/** The hash that belongs to an entry, whatever `hash` it bears itself. */
export function hashOf(entry: Omit<AuditEntry, 'hash'> & { readonly hash?: string }): string {
  return sha256(canonicalJson({ ...entry, hash: undefined }));
}

export function endOf({ seq, hash, at }: AuditEntry): ChainEnd {
  return { seq, hash, atMs: Date.parse(at) };
}

/** An entry as it is stored, at the place in the chain that its key names. */
export interface StoredEntry {
  /** Not a number where the key names none. */
  readonly place: number;
  readonly text: string;
  /** Where the row stands among the entries of all chains; left out where that is not looked at. */
  readonly inTime?: string;
}

const PLACE_DIGITS = 12;
/** No chain gets there: at a thousand entries a second it takes three years. */
export const FAR_PLACE = 100_000_000_000;

/**
 * Whether a row at `place` counts as one of the chain, or of the digests, that comes after `last`:
 * one that stands far ahead was put there, and after the last place of all nothing could follow.
 */
export function isInLine(last: number, place: number): boolean {
  return place <= FAR_PLACE || place === last + 1;
}

/** A place in a chain as text that sorts like the number. */
export function sortablePlace(seq: number): string {
  return String(seq).padStart(PLACE_DIGITS, '0');
}

/** Where an entry has to stand among those of all chains: sorts by its time. */
export function placeInTime({ at, tenant, seq }: Pick<AuditEntry, 'at' | 'tenant' | 'seq'>) {
  return `${at}#${tenant}#${sortablePlace(seq)}`;
}

/** The text that an entry is stored as: the same for the same entry. */
export function entryText(entry: AuditEntry): string {
  return canonicalJson(entry);
}

/** The entry that the text holds; undefined where it is none, or another text than was stored. */
export function parseEntry(text: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(text) as AuditEntry | null;
    if (typeof entry !== 'object' || entry === null || typeof entry.hash !== 'string') return;
    return canonicalJson(entry) === text ? entry : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What to chain the next entry to. After a text that is no entry the chain goes on all the same:
 * whoever spoils it must not be able to stop changes; the verification finds the place.
 */
export function endAt({ place, text }: StoredEntry): ChainEnd {
  const entry = parseEntry(text);
  if (entry === undefined) return { seq: place, hash: sha256(text), atMs: 0 };
  const atMs = Date.parse(entry.at);
  return { seq: place, hash: entry.hash, atMs: Number.isNaN(atMs) ? 0 : atMs };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
