import {
  type AuditEntry,
  EMPTY_CHAIN,
  endAt,
  entryAfter,
  entryText,
  hashOf,
  placeInTime,
  type StoredEntry,
} from '../../lib/domain/audit.ts';
import { chainOf, draft, headOf, rowsOf } from './audit-chains.ts';

/** A long chain, and everything that may be done to it. */

export const LENGTH = 100_000;

export const chain = chainOf(LENGTH);
export const rows = rowsOf(chain);
export const head = headOf(chain);

/** Dice that fall the same each time. */
let state = 20_260_115;
export function below(max: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * max);
}

function rehashed(entry: AuditEntry): string {
  return entryText({ ...entry, hash: hashOf(entry) });
}

export function entryAtPlace(at: number): AuditEntry {
  const entry = chain[at];
  if (entry === undefined) throw new Error(`There is no entry at ${at}.`);
  return entry;
}

/** Everything that may be done to a chain by somebody who has its table; each names what it did. */
const SPOILING: Record<string, () => { readonly rows: StoredEntry[]; readonly from: number }> = {
  'edit: another actor'() {
    const at = below(LENGTH);
    const entry = { ...entryAtPlace(at), actor: { kind: 'system', name: 'nobody' } as const };
    return { rows: rows.with(at, { place: at + 1, text: entryText(entry) }), from: at };
  },
  'edit: one bit of the text'() {
    const at = below(LENGTH);
    const bytes = Buffer.from(entryText(entryAtPlace(at)));
    const byte = below(bytes.length);
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << below(7));
    return { rows: rows.with(at, { place: at + 1, text: bytes.toString() }), from: at };
  },
  'edit: and a new hash of its own'() {
    const at = below(LENGTH);
    const text = rehashed({ ...entryAtPlace(at), outcome: 'refused' });
    return { rows: rows.with(at, { place: at + 1, text }), from: at };
  },
  'edit: its time alone, and a new hash'() {
    const at = below(LENGTH);
    const text = rehashed({ ...entryAtPlace(at), at: '2026-01-15T12:00:00.001Z' });
    return { rows: rows.with(at, { place: at + 1, text }), from: at };
  },
  'edit: and every hash after it made anew'() {
    const at = LENGTH - 1 - below(100);
    const spoiled = rows.slice(0, at);
    let end = at === 0 ? EMPTY_CHAIN : endAt(rows[at - 1] ?? { place: 0, text: '' });
    for (let next = at; next < LENGTH; next++) {
      const { seq: _, prevHash: __, hash: ___, at: time, ...said } = entryAtPlace(next);
      const changed = next === at ? { ...said, outcome: 'failed' as const } : said;
      const entry = entryAfter(end, changed, Date.parse(time));
      spoiled.push({ place: next + 1, text: entryText(entry) });
      end = endAt({ place: next + 1, text: entryText(entry) });
    }
    return { rows: spoiled, from: at };
  },
  'deletion: one in the middle'() {
    const at = below(LENGTH - 1);
    return { rows: rows.toSpliced(at, 1), from: at };
  },
  'deletion: and those behind it move up'() {
    const at = below(LENGTH - 1);
    const moved = rows.toSpliced(at, 1).map(({ text }, i) => ({ place: i + 1, text }));
    return { rows: moved, from: at };
  },
  'swap: of two places'() {
    const [a, b] = [below(LENGTH), below(LENGTH)];
    const [one, other] = [Math.min(a, b), a === b ? (Math.max(a, b) + 1) % LENGTH : Math.max(a, b)];
    const swapped = rows
      .with(one, { place: one + 1, text: rows[other]?.text ?? '' })
      .with(other, { place: other + 1, text: rows[one]?.text ?? '' });
    return { rows: swapped, from: Math.min(one, other) };
  },
  'swap: contents that fit their places, with new hashes'() {
    const at = below(LENGTH - 1);
    const [one, other] = [entryAtPlace(at), entryAtPlace(at + 1)];
    const first = { ...other, seq: one.seq, prevHash: one.prevHash };
    const second = { ...one, seq: other.seq, prevHash: hashOf(first) };
    const swapped = rows
      .with(at, { place: at + 1, text: rehashed(first) })
      .with(at + 1, { place: at + 2, text: rehashed(second) });
    return { rows: swapped, from: at };
  },
  'insertion: a copy, and those behind it move on'() {
    const at = below(LENGTH);
    const copy = { place: 0, text: rows[below(LENGTH)]?.text ?? '' };
    const inserted = rows.toSpliced(at, 0, copy).map(({ text }, i) => ({ place: i + 1, text }));
    return { rows: inserted, from: at };
  },
  'insertion: forged to follow the one before'() {
    const at = below(LENGTH - 1) + 1;
    const end = endAt(rows[at - 1] ?? { place: 0, text: '' });
    const forged = { place: 0, text: entryText(entryAfter(end, draft(7_777_777), end.atMs)) };
    const inserted = rows.toSpliced(at, 0, forged).map(({ text }, i) => ({ place: i + 1, text }));
    return { rows: inserted, from: at };
  },
  'insertion: an entry of another chain'() {
    const at = below(LENGTH);
    const text = rehashed({ ...entryAtPlace(at), tenant: 'other' });
    return { rows: rows.with(at, { place: at + 1, text }), from: at };
  },
  truncation() {
    const at = below(LENGTH);
    return { rows: rows.slice(0, at), from: at };
  },
  'truncation, and another end'() {
    const at = LENGTH - 1 - below(100);
    const spoiled = rows.slice(0, at);
    for (let next = at; next <= LENGTH; next++) {
      const last = spoiled.at(-1);
      const end = last === undefined ? EMPTY_CHAIN : endAt(last);
      const entry = entryAfter(end, draft(next, { action: 'forged' }), end.atMs);
      spoiled.push({ place: entry.seq, text: entryText(entry) });
    }
    return { rows: spoiled, from: at };
  },
};

/** Rows that nobody appended, and rows that are where lists do not look; each names where. */
const PLANTING: typeof SPOILING = {
  'planting: before the first place'() {
    const entry = { ...entryAtPlace(0), seq: 0, prevHash: 'f'.repeat(64) };
    return { rows: [{ place: 0, text: rehashed(entry) }, ...rows], from: 0 };
  },
  'planting: under a key that is no place'() {
    const at = below(LENGTH + 1);
    const text = rows[below(LENGTH)]?.text ?? '';
    return { rows: rows.toSpliced(at, 0, { place: Number.NaN, text }), from: at };
  },
  'planting: behind the last, at a place far away'() {
    const seq = LENGTH + 2 + below(1_000_000);
    const entry = { ...entryAtPlace(LENGTH - 1), seq, prevHash: head.hash };
    return { rows: [...rows, { place: seq, text: rehashed(entry) }], from: LENGTH };
  },
  'edit: the place that it names, and a new hash'() {
    const at = below(LENGTH);
    const text = rehashed({ ...entryAtPlace(at), seq: at + 1 + LENGTH });
    return { rows: rows.with(at, { place: at + 1, text }), from: at };
  },
  'hiding: taken out of the list of all chains'() {
    const at = below(LENGTH);
    const { place, text } = rows[at] ?? { place: 0, text: '' };
    return { rows: rows.with(at, { place, text, inTime: '' }), from: at };
  },
  'hiding: put at another time in it'() {
    const at = below(LENGTH);
    const { place, text } = rows[at] ?? { place: 0, text: '' };
    const inTime = placeInTime({ ...entryAtPlace(at), at: '1970-01-01T00:00:00.000Z' });
    return { rows: rows.with(at, { place, text, inTime }), from: at };
  },
};

/** All of it. */
export const WAYS = { ...SPOILING, ...PLANTING };
