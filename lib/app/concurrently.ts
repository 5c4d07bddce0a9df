/** Runs `work` over `items`, at most `width` at a time; results in the items' order. */
export async function concurrently<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/**
 * The same, but one item that fails keeps no other from being done: results of those that came
 * through, in order, and the errors of the others. What to do about those is the caller's.
 */
export async function eachConcurrently<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<{ readonly done: readonly R[]; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const results = await concurrently(items, width, async (item): Promise<readonly R[]> => {
    try {
      return [await work(item)];
    } catch (error) {
      errors.push(error);
      return [];
    }
  });
  return { done: results.flat(), errors };
}

/** Throws what was collected, all of it in one. */
export function throwAll(errors: readonly unknown[], what: string): void {
  if (errors.length > 0) throw new AggregateError(errors, `${what}: ${errors.length} failed.`);
}
