/** Processes that are killed at one of their calls. */

class Killed extends Error {}

/**
 * The same ports, but at the n-th call the process is killed: `before` the call has any effect,
 * or `after` it, with the answer lost. A dead process makes no further call.
 */
export function dyingAt<D extends object>(
  deps: D,
  ports: readonly (keyof D)[],
  n: number,
  when: 'before' | 'after',
): { readonly deps: D; readonly reached: () => boolean } {
  let calls = 0;
  const dying = (port: object) =>
    Object.fromEntries(
      Object.entries(port).map(([name, method]) => [
        name,
        // `accepted` is no call but a stream of them.
        typeof method !== 'function' || name === 'accepted'
          ? method
          : async (...given: unknown[]) => {
              calls += 1;
              if (calls > n || (calls === n && when === 'before')) throw new Killed();
              const result: unknown = await method.apply(port, given);
              if (calls >= n) throw new Killed();
              return result;
            },
      ]),
    );
  const wrapped = Object.fromEntries(ports.map((port) => [port, dying(deps[port] as object)]));
  return { deps: { ...deps, ...wrapped }, reached: () => calls >= n };
}

/** Waits for the end of a process; throws what it threw, unless it was nothing but its death. */
export async function untilDeath(process: Promise<unknown>): Promise<void> {
  try {
    await process;
  } catch (error) {
    if (!reasonsOf(error).every((reason) => reason instanceof Killed)) throw error;
  }
}

function reasonsOf(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(reasonsOf) : [error];
}
