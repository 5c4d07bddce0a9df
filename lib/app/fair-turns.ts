import { eachConcurrently } from './concurrently.ts';

/** What one group has of the items, and what came of it so far. */
interface Group<T> {
  readonly left: T[];
  begun: number;
  underWay: number;
}

/**
 * Runs `work` over items of several groups, `width` at a time and `max` in all. Whenever there is
 * room it goes to the group with the fewest under way, then the fewest begun, then the one that
 * stands first: a group whose work hangs takes no more than its share while others have any left.
 */
export async function eachFairly<T>(
  items: readonly T[],
  limits: { readonly width: number; readonly max: number },
  groupOf: (item: T) => string,
  work: (item: T) => Promise<void>,
): Promise<{ readonly errors: readonly unknown[] }> {
  const groups = [...Map.groupBy(items, groupOf).values()].map(
    (group): Group<T> => ({ left: group.toReversed(), begun: 0, underWay: 0 }),
  );
  return await eachConcurrently(items.slice(0, limits.max), limits.width, async () => {
    const group = groups.reduce((best, one) => (isBefore(one, best) ? one : best));
    const item = group.left.pop();
    // There are no more turns than items.
    if (item === undefined) return;
    group.begun += 1;
    group.underWay += 1;
    try {
      await work(item);
    } finally {
      group.underWay -= 1;
    }
  });
}

function isBefore<T>(one: Group<T>, other: Group<T>): boolean {
  if (one.left.length === 0 || other.left.length === 0) return other.left.length === 0;
  if (one.underWay !== other.underWay) return one.underWay < other.underWay;
  return one.begun < other.begun;
}
