import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { ModelFunction, Result } from './function.ts';

/** What a caller gets from the HTTP API: `timeout` is a 503 while the function may go on. */
export type Called = Result | { readonly kind: 'timeout' };

/** API Gateway gives up on a function after this long. */
const GATEWAY_MS_MAX = 30_000;

/**
 * A request of a process to a function behind the HTTP API. A throttle is a 503 as well. Fault:
 * `api-unheard`, the function does its work and its answer never arrives.
 */
export function callFrom(
  { world, fault }: Simulation,
  process: Process,
  fn: ModelFunction,
  event: unknown,
): Promise<Called> {
  const isUnheard = fault(`${process.name} call`, ['api-unheard']) !== undefined;
  return process.step(`call ${fn.spec.name}`, () => {
    const called = Promise.withResolvers<Called>();
    const cancel = world.clock.after(GATEWAY_MS_MAX, () => called.resolve({ kind: 'timeout' }));
    fn.invoke(event, undefined, (result) => {
      if (isUnheard) return;
      cancel();
      called.resolve(result);
    });
    return called.promise;
  });
}
