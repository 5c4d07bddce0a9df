import { describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  EMPTY_CHAIN,
  endAt,
  entryAfter,
  entryText,
  hashOf,
  parseEntry,
  type StoredEntry,
} from '../../lib/domain/audit.ts';
import { WALK_BEGUN, walkOn } from '../../lib/domain/audit-chain.ts';
import { chainOf, draft, headOf, rowsOf, TENANT, verdict } from './audit-chains.ts';

const LENGTH = 100_000;
const SPOILED_EACH = 100;

const chain = chainOf(LENGTH);
const rows = rowsOf(chain);
const head = headOf(chain);

/** Dice that fall the same each time. */
let state = 20_260_115;
function below(max: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * max);
}

function rehashed(entry: AuditEntry): string {
  return entryText({ ...entry, hash: hashOf(entry) });
}

function entryAtPlace(at: number): AuditEntry {
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

describe(`a chain of ${LENGTH.toLocaleString('en')} entries`, () => {
  const counts: Record<string, string> = {};

  it('is found whole however it is cut into pages', () => {
    let walk = WALK_BEGUN;
    for (let from = 0; from < LENGTH; ) {
      const many = 1 + below(3_000);
      walk = walkOn(walk, TENANT, rows.slice(from, from + many), [head]);
      from += many;
    }
    expect(walk).toEqual({ head, checked: LENGTH, problem: null });
  }, 180_000);

  it.each(Object.entries(SPOILING))(
    `%s: found, ${SPOILED_EACH} times out of ${SPOILED_EACH}`,
    (name, spoil) => {
      let found = 0;
      for (let n = 0; n < SPOILED_EACH; n++) {
        const { rows: spoiled, from } = spoil();
        // What is before the spoiled place is as it was, and has been found whole above.
        const start = Math.max(0, from - 2);
        const before = start === 0 ? EMPTY_CHAIN : endAt(rows[start - 1] ?? { place: 0, text: '' });
        const begun = { ...WALK_BEGUN, head: { seq: before.seq, hash: before.hash } };
        const walk = verdict(spoiled.slice(start), head, begun);
        const { problem } = walk;
        if (problem !== null && problem.seq >= from && walk.head.seq >= start) found += 1;
      }
      counts[name] = `${found}/${SPOILED_EACH}`;
      expect(counts[name]).toBe(`${SPOILED_EACH}/${SPOILED_EACH}`);
    },
    180_000,
  );

  it('says how many were found', () => {
    // biome-ignore lint/suspicious/noConsole: the counts are to be seen in the run.
    console.info(`audit chain of ${LENGTH}: ${JSON.stringify(counts)}`);
    expect(Object.keys(counts)).toEqual(Object.keys(SPOILING));
  });
});

describe('entries', () => {
  it('are read back as they were, and no other text is an entry', () => {
    const entry = entryAtPlace(0);
    expect(parseEntry(entryText(entry))).toEqual(entry);
    const text = entryText(entry);
    for (const other of ['', 'null', '[]', '"x"', `${text} `, text.replace(':', ': '), '{}']) {
      expect(parseEntry(other)).toBeUndefined();
    }
  });

  it('have times that never go back', () => {
    const end = { seq: 4, hash: 'f'.repeat(64), atMs: 5_000 };
    expect(entryAfter(end, draft(1), 4_000).at).toBe('1970-01-01T00:00:05.000Z');
    expect(entryAfter(end, draft(1), 6_000).at).toBe('1970-01-01T00:00:06.000Z');
  });

  it('keep of what is too large its beginning, size and digest', () => {
    const after = { text: 'x'.repeat(200_000) };
    const entry = entryAfter(EMPTY_CHAIN, draft(1, { after }), 0);
    const cut = expect.stringMatching(/^x{50}… \(200000 characters, sha256 [0-9a-f]{64}\)$/);
    expect(entry.after).toEqual({ text: cut });
    expect(entryText(entry).length).toBeLessThan(2_000);
  });

  it('that no head covers are named when they are old', () => {
    const few = rowsOf(chain.slice(0, 3));
    const [first] = chain;
    const anchor = { seq: 1, hash: first?.hash ?? '' };
    expect(verdict(few, anchor).problem).toMatchObject({ seq: 2, kind: 'unanchored' });
    expect(verdict(few, undefined).problem).toMatchObject({ seq: 1, kind: 'unanchored' });
    expect(verdict([], undefined).problem).toBeNull();
  });
});
