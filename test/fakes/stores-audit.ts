import { generateKeyPairSync } from 'node:crypto';
import type {
  AuditDigests,
  AuditIntent,
  AuditIntents,
  AuditTrail,
  DigestSigner,
} from '../../lib/app/ports-audit.ts';
import {
  type AuditEntry,
  type ChainHead,
  EMPTY_CHAIN,
  endAt,
  entryText,
  hashOf,
  parseEntry,
  placeInTime,
  type StoredEntry,
} from '../../lib/domain/audit.ts';
import { type DigestKey, digestEndAt, NO_DIGEST } from '../../lib/domain/audit-digest.ts';
import type { SignedHead } from '../../lib/domain/audit-digest-chain.ts';
import { signedHash } from '../../lib/local/ecdsa.ts';

/** A trail in memory whose rows a test may spoil; a key that is no whole number names no place. */
export interface FakeAuditTrail extends AuditTrail {
  /** The rows of a chain as they are stored, by place. */
  rows(tenant: string): Map<number, string>;
  readonly anchors: Map<string, ChainHead>;
  /** Partitions of rows that lists look at and that are in no chain. */
  readonly strays: Set<string>;
}

export function fakeAuditTrail(): FakeAuditTrail {
  const chains = new Map<string, Map<number, string>>();
  const anchors = new Map<string, ChainHead>();
  const strays = new Set<string>();
  const rows = (tenant: string) => {
    const chain = chains.get(tenant) ?? new Map<number, string>();
    chains.set(tenant, chain);
    return chain;
  };
  const ordered = (tenant: string): StoredEntry[] =>
    [...rows(tenant)].map(([place, text]) => ({ place, text })).sort((a, b) => a.place - b.place);
  const entryOf = (tenant: string, { place, text }: StoredEntry): AuditEntry[] => {
    const entry = parseEntry(text);
    if (entry === undefined || hashOf(entry) !== entry.hash) return [];
    return entry.tenant === tenant && entry.seq === place && place > 0 ? [entry] : [];
  };
  return {
    rows,
    anchors,
    strays,
    async end(tenant, upTo = Number.POSITIVE_INFINITY) {
      const chain = rows(tenant);
      let place = chain.size;
      // Most often as many as there are; a spoiled chain may have gaps.
      if (!chain.has(place) || chain.has(place + 1) || place > upTo) {
        const places = [...chain.keys()].filter((one) => Number.isInteger(one) && one <= upTo);
        place = Math.max(0, ...places);
      }
      const text = chain.get(place);
      return text === undefined ? EMPTY_CHAIN : endAt({ place, text });
    },
    async append(entry) {
      const chain = rows(entry.tenant);
      if (chain.has(entry.seq)) return 'taken';
      chain.set(entry.seq, entryText(entry));
      return 'appended';
    },
    async read(tenant, fromSeq, limit) {
      return ordered(tenant)
        .filter(({ place }) => !(place < fromSeq) && Number.isInteger(place))
        .slice(0, limit)
        .map(asStored);
    },
    async everyRow(tenant, afterSeq, limit) {
      return ordered(tenant)
        .filter(({ place }) => afterSeq === 0 || place > afterSeq)
        .slice(0, limit)
        .map(asStored);
    },
    async listed() {
      const tenants = [...chains].flatMap(([tenant, { size }]) => (size > 0 ? [tenant] : []));
      return { count: tenants.length, tenants, strays: [...strays], next: undefined };
    },
    async list({ tenant, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY, matches, after, limit }) {
      const stored = (tenant === undefined ? [...chains.keys()] : [tenant]).flatMap((one) =>
        ordered(one).map((row) => entryOf(one, row)),
      );
      const all = stored
        .flat()
        .sort((a, b) => (placeInTime(a) < placeInTime(b) ? 1 : -1))
        .filter((entry) => Date.parse(entry.at) >= sinceMs && Date.parse(entry.at) < untilMs)
        .filter((entry) => after === undefined || placeInTime(entry) < after)
        .filter(matches);
      const items = all.slice(0, limit);
      const last = items.at(-1);
      const broken = stored.filter((entries) => entries.length === 0).length;
      return { items, broken, next: all.length > limit && last ? placeInTime(last) : undefined };
    },
    async anchor(tenant) {
      return anchors.get(tenant);
    },
    async heads() {
      const heads = [...anchors].map(([tenant, head]) => ({ tenant, ...head }));
      return heads.sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
    },
    async moveAnchor(tenant, from, to) {
      const { seq, hash } = anchors.get(tenant) ?? {};
      if (seq !== from?.seq || hash !== from?.hash) return 'stale';
      anchors.set(tenant, { seq: to.seq, hash: to.hash });
      return 'moved';
    },
  };
}

function asStored({ place, text }: StoredEntry): StoredEntry {
  const entry = parseEntry(text);
  const inTime = entry === undefined ? '' : placeInTime(entry);
  return { place: Number.isInteger(place) ? place : Number.NaN, text, inTime };
}

export function fakeAuditIntents(): AuditIntents {
  const rows = new Map<string, AuditIntent>();
  return {
    async put(intent) {
      rows.set(intent.draft.id, structuredClone(intent));
    },
    async remove(id) {
      rows.delete(id);
    },
    async oldest(limit) {
      if (rows.size === 0) return [];
      const all = [...rows.values()].sort((a, b) => (a.draft.id < b.draft.id ? -1 : 1));
      return structuredClone(all.slice(0, limit));
    },
  };
}

/** Digests in memory whose rows a test may spoil. */
export interface FakeAuditDigests extends AuditDigests {
  readonly texts: Map<number, string>;
  readonly notes: Map<string, SignedHead>;
}

export function fakeAuditDigests(): FakeAuditDigests {
  const texts = new Map<number, string>();
  const notes = new Map<string, SignedHead>();
  const ordered = () =>
    [...texts].map(([place, text]) => ({ place, text })).sort((a, b) => a.place - b.place);
  return {
    texts,
    notes,
    async end(upTo = Number.POSITIVE_INFINITY) {
      const last = ordered().findLast(({ place }) => place <= upTo);
      return last === undefined ? NO_DIGEST : digestEndAt(last);
    },
    async append(number, text) {
      if (texts.has(number)) return 'taken';
      texts.set(number, text);
      return 'appended';
    },
    async read(fromNumber, limit) {
      return ordered()
        .filter(({ place }) => place >= fromNumber)
        .slice(0, limit);
    },
    async signed() {
      return [...notes.values()].sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
    },
    async signedOf(tenant) {
      return notes.get(tenant);
    },
    async noteSigned({ tenant, seq, hash, digest }) {
      notes.set(tenant, { tenant, seq, hash, digest });
    },
  };
}

export const DIGEST_KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/digests';

/** A key pair of the test's own, and what the product has of it. */
export function fakeDigestKey(madeAtMs: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key: DigestKey = { publicKey, madeAtMs };
  const state = { isDown: false };
  const digestSigner: DigestSigner = {
    key: DIGEST_KEY_ARN,
    async sign(sha256) {
      if (state.isDown) throw new Error('KMS is away.');
      return signedHash(sha256, privateKey).toString('base64');
    },
  };
  return { digestKey: async () => key, digestSigner, digestKeyState: state };
}
