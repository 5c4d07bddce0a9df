import { describe, expect, it } from 'vitest';
import { EMPTY_CHAIN, endAt, entryAfter, entryText, parseEntry } from '../../lib/domain/audit.ts';
import { WALK_BEGUN, walkOn } from '../../lib/domain/audit-chain.ts';
import { draft, rowsOf, TENANT, verdict } from './audit-chains.ts';
import { below, chain, entryAtPlace, head, LENGTH, rows, WAYS } from './audit-spoiling.ts';

const SPOILED_EACH = 100;

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

  it.each(Object.entries(WAYS))(
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
    console.info(
      `audit chain of ${LENGTH}, ${Object.keys(counts).length} ways: ${JSON.stringify(counts)}`,
    );
    expect(Object.keys(counts)).toEqual(Object.keys(WAYS));
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
