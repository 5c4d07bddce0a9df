/** What answers when the primary cannot. */
export interface Fallback<T> {
  /** What `source` says when it served; never `primary`. */
  readonly name: string;
  /** Whether it takes this failure of the primary; default: any. */
  readonly on?: (failure: unknown) => boolean;
  /** Gets the primary's failure. */
  readonly run: (failure: unknown) => Promise<T>;
}

/** A value and who gave it: `primary` or a fallback's name. */
export interface Served<T> {
  readonly value: T;
  readonly source: string;
}

/** Why the fallbacks that were tried failed, in order; `cause` is what the primary's was. */
export class FallbackFailures extends AggregateError {
  override readonly name = 'FallbackFailures';
}

const PRIMARY = 'primary';

/**
 * The primary's value, or that of the first fallback that takes the failure and does not fail
 * itself. When all fail, the primary's failure is thrown, with a FallbackFailures as its cause.
 */
export async function withFallback<T>(
  primary: () => Promise<T>,
  fallbacks: readonly Fallback<T>[],
): Promise<Served<T>> {
  if (fallbacks.some(({ name }) => name === PRIMARY)) {
    throw new TypeError(`A fallback may not be named ${PRIMARY}.`);
  }
  let failure: unknown;
  try {
    return { value: await primary(), source: PRIMARY };
  } catch (error) {
    failure = error;
  }
  const failed: string[] = [];
  const errors: unknown[] = [];
  for (const { name, on, run } of fallbacks) {
    try {
      if (on?.(failure) === false) continue;
      return { value: await run(failure), source: name };
    } catch (error) {
      failed.push(name);
      errors.push(error);
    }
  }
  throw errors.length === 0 ? failure : told(failure, errors, failed);
}

/** The primary's own error, so that `instanceof` still tells what it is. */
function told(failure: unknown, errors: readonly unknown[], names: readonly string[]): unknown {
  const message = `Fallbacks failed too: ${names.join(', ')}.`;
  if (!(failure instanceof Error) || !Object.isExtensible(failure)) {
    return new FallbackFailures([failure, ...errors], message);
  }
  // An error that is thrown again and again must not become a chain of causes.
  const before = failure.cause instanceof FallbackFailures ? failure.cause.cause : failure.cause;
  failure.cause = new FallbackFailures(
    errors,
    message,
    before === undefined ? {} : { cause: before },
  );
  return failure;
}
