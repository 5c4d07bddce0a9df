/** What is left of a failing list, why it still fails, and how many runs that took. */
export interface Shrunk<F> {
  readonly faults: readonly F[];
  readonly failure: string;
  readonly runs: number;
}

const RUNS_MAX = 2_000;

/**
 * Leaves faults out for as long as the run still fails: of what is left none can be spared (delta
 * debugging). Undefined if the whole list does not fail. `isSame` says whether a failure is the
 * one looked for; any is, where it is absent.
 */
export async function shrink<F>(
  run: (faults: readonly F[]) => Promise<string | undefined>,
  faults: readonly F[],
  isSame: (failure: string) => boolean = () => true,
): Promise<Shrunk<F> | undefined> {
  let runs = 0;
  const tried = async (list: readonly F[]) => {
    runs += 1;
    const failure = await run(list);
    return failure !== undefined && isSame(failure) ? failure : undefined;
  };
  let failure = await tried(faults);
  if (failure === undefined) return undefined;
  const bare = await tried([]);
  if (bare !== undefined) return { faults: [], failure: bare, runs };

  let left = faults;
  let parts = 2;
  while (left.length > 1 && runs < RUNS_MAX) {
    const found = await firstFailing(left, parts, tried);
    if (found !== undefined) {
      left = found.list;
      failure = found.failure;
      parts = Math.max(parts - 1, 2);
    } else if (parts >= left.length) {
      break;
    } else {
      parts = Math.min(parts * 2, left.length);
    }
  }
  return { faults: left, failure, runs };
}

/** The first list with one of `parts` left out that still fails. */
async function firstFailing<F>(
  list: readonly F[],
  parts: number,
  tried: (list: readonly F[]) => Promise<string | undefined>,
) {
  const size = Math.ceil(list.length / parts);
  for (let from = 0; from < list.length; from += size) {
    const rest = [...list.slice(0, from), ...list.slice(from + size)];
    const failure = await tried(rest);
    if (failure !== undefined) return { list: rest, failure };
  }
  return undefined;
}
