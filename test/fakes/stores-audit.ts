import type { AuditIntent, AuditIntents, AuditTrail } from '../../lib/app/ports-audit.ts';
import {
  type AuditEntry,
  type ChainHead,
  EMPTY_CHAIN,
  endAt,
  entryText,
  parseEntry,
  type StoredEntry,
} from '../../lib/domain/audit.ts';

/** A trail in memory whose rows a test may spoil. */
export interface FakeAuditTrail extends AuditTrail {
  /** The rows of a chain as they are stored, by place. */
  rows(tenant: string): Map<number, string>;
  readonly anchors: Map<string, ChainHead>;
}

export function fakeAuditTrail(): FakeAuditTrail {
  const chains = new Map<string, Map<number, string>>();
  const anchors = new Map<string, ChainHead>();
  const rows = (tenant: string) => {
    const chain = chains.get(tenant) ?? new Map<number, string>();
    chains.set(tenant, chain);
    return chain;
  };
  const ordered = (tenant: string): StoredEntry[] =>
    [...rows(tenant)].map(([place, text]) => ({ place, text })).sort((a, b) => a.place - b.place);
  return {
    rows,
    anchors,
    async end(tenant) {
      const chain = rows(tenant);
      let place = chain.size;
      // Most often as many as there are; a spoiled chain may have gaps.
      if (!chain.has(place) || chain.has(place + 1)) place = Math.max(0, ...chain.keys());
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
        .filter(({ place }) => !(place < fromSeq))
        .slice(0, limit);
    },
    async list({ tenant, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY, matches, after, limit }) {
      const all = (tenant === undefined ? [...chains.keys()] : [tenant])
        .flatMap((one) => ordered(one).flatMap(({ text }) => parseEntry(text) ?? []))
        .sort((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1))
        .filter((entry) => Date.parse(entry.at) >= sinceMs && Date.parse(entry.at) < untilMs)
        .filter((entry) => after === undefined || positionOf(entry) < after)
        .filter(matches);
      const items = all.slice(0, limit);
      const last = items.at(-1);
      return { items, next: all.length > limit && last ? positionOf(last) : undefined };
    },
    async anchor(tenant) {
      return anchors.get(tenant);
    },
    async anchored() {
      return [...anchors.keys()].sort();
    },
    async moveAnchor(tenant, from, to) {
      const { seq, hash } = anchors.get(tenant) ?? {};
      if (seq !== from?.seq || hash !== from?.hash) return 'stale';
      anchors.set(tenant, { seq: to.seq, hash: to.hash });
      return 'moved';
    },
  };
}

function positionOf({ at, tenant, seq }: AuditEntry): string {
  return `${at}#${tenant}#${String(seq).padStart(12, '0')}`;
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
