import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tiesInOrder } from '../../../lib/adapters/dynamodb/tie-order.ts';

/** Pages of the rows as an index has them: sorted by key, in any order within a key. */
function reader(rows: readonly { readonly key: number; readonly id: string }[]) {
  let from = 0;
  return {
    async next(limit: number) {
      const page = rows.slice(from, from + limit);
      from += limit;
      return page.length > 0 ? page : undefined;
    },
  };
}

it('gives every row once, in order of position, whatever the order of ties and the pages', async () => {
  const row = fc.record({
    key: fc.integer({ min: 0, max: 3 }),
    id: fc.stringMatching(/^[a-z]{4}$/),
  });
  const rows = fc.uniqueArray(row, { selector: ({ key, id }) => `${key}${id}`, maxLength: 40 });
  const limits = fc.integer({ min: 1, max: 9 });
  await fc.assert(
    fc.asyncProperty(rows, limits, async (unsorted, limit) => {
      const stored = unsorted.toSorted((a, b) => a.key - b.key);
      const position = (one: Readonly<Record<string, unknown>>) => `${one.key}#${one.id}`;
      const ordered = tiesInOrder(reader(stored), 'key', position);
      const seen: string[] = [];
      for (let page = 0; page < 99; page++) {
        const next = await ordered.next(limit);
        if (next === undefined) break;
        seen.push(...next.map(position));
      }
      expect(seen).toEqual(stored.map(position).sort());
    }),
  );
});
