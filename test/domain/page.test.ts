import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageCursors, readCursor, sealCursor } from '../../lib/domain/page.ts';

const KEY = new Uint8Array(32).fill(7);
const place = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 });
const trail = fc.array(place, { maxLength: 8 });

describe('cursors', () => {
  it('lead back over exactly the pages that led there', () => {
    fc.assert(
      fc.property(trail, fc.string(), (places, scope) => {
        let here: readonly string[] = [];
        const visited = [here];
        for (const next of places) {
          const { nextCursor } = pageCursors(here, next, scope, KEY);
          here = readCursor(nextCursor ?? '', scope, KEY);
          visited.push(here);
        }
        for (const wanted of visited.reverse()) {
          expect(here).toEqual(wanted);
          const { prevCursor } = pageCursors(here, undefined, scope, KEY);
          if (prevCursor === null) break;
          here = readCursor(prevCursor, scope, KEY);
        }
        expect(here).toEqual([]);
      }),
    );
  });

  it('are null at both ends', () => {
    expect(pageCursors([], undefined, '', KEY)).toEqual({ nextCursor: null, prevCursor: null });
  });

  it('are URL-safe', () => {
    fc.assert(
      fc.property(trail, (places) => {
        expect(sealCursor(places, 'list', KEY)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('tell nothing of where they lead', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 8 }), (places) => {
        const bytes = Buffer.from(sealCursor(places, 'list', KEY), 'base64url').toString('latin1');
        for (const one of places.filter(({ length }) => length > 3))
          expect(bytes).not.toContain(one);
      }),
    );
  });

  it.each(['a', 'ab', 'abc'])('refuse every change of a single character: %s', (place) => {
    const cursor = sealCursor([place], 'list', KEY);
    for (let i = 0; i < cursor.length; i++) {
      for (const char of ['A', 'b', '7', '_', '.', '']) {
        if (cursor[i] === char) continue;
        const changed = cursor.slice(0, i) + char + cursor.slice(i + 1);
        expect(() => readCursor(changed, 'list', KEY)).toThrow(/is not a cursor of this list/);
      }
    }
  });

  it.each(['', '=', 'abc', 'A'.repeat(5_000), '../..'])('refuse %j', (text) => {
    expect(() => readCursor(text, 'list', KEY)).toThrow(
      expect.objectContaining({ code: 'invalid-cursor' }),
    );
  });

  it('refuse another list, other filters and another key', () => {
    const cursor = sealCursor(['a'], '["/v1/events",{"type":"a"}]', KEY);
    expect(() => readCursor(cursor, '["/v1/events",{"type":"b"}]', KEY)).toThrow();
    expect(() => readCursor(cursor, '["/v1/events",{"type":"a"}]', new Uint8Array(32))).toThrow();
  });

  it('cannot be shifted between scope and content', () => {
    const bytes = Buffer.from(sealCursor(['b'], 'a', KEY), 'base64url');
    const shifted = Buffer.concat([bytes.subarray(0, 16), bytes.subarray(17)]);
    expect(() => readCursor(shifted.toString('base64url'), 'a[', KEY)).toThrow(/is not a cursor/);
  });

  it('stay short on a long way, forgetting its oldest steps', () => {
    const places = Array.from({ length: 200 }, (_, i) => `${i}`.padStart(80, '0'));
    const cursor = sealCursor(places, 'list', KEY);
    expect(cursor.length).toBeLessThanOrEqual(3_072);
    const kept = readCursor(cursor, 'list', KEY);
    expect(kept).toEqual(places.slice(-kept.length));
    expect(kept.length).toBeGreaterThan(10);
  });
});
