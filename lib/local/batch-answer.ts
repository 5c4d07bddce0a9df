import type { LambdaFunction } from './lambda.ts';

type Result = Awaited<ReturnType<LambdaFunction['invoke']>>;

/**
 * Which messages of a batch stay in the queue. With `reportsFailures` those that the function
 * names in `batchItemFailures`; none for an empty or missing list; all for a list that names
 * something else than a message of the batch, as for a function that failed.
 */
export function failedMessages(
  result: Result,
  ids: readonly string[],
  reportsFailures: boolean,
): ReadonlySet<string> {
  const none = new Set<string>();
  const all = new Set(ids);
  if (result.kind !== 'answer') return all;
  if (!reportsFailures) return none;
  const answer = JSON.parse(result.payload) as { readonly batchItemFailures?: unknown } | null;
  const failures = answer?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure: { readonly itemIdentifier?: unknown } | null) =>
    String(failure?.itemIdentifier),
  );
  return named.every((id) => all.has(id)) ? new Set(named) : all;
}
