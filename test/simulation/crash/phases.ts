import type { Behaviour, Phase } from '../destinations/behaviour.ts';

/** How hosts of these stories are. */

export const MINUTE_MS = 60_000;

/** Every request is answered so. */
export function always(status: number): readonly Phase[] {
  return from(0, { kind: 'failing', probability: 1, status });
}

/** Every request is answered so for this long from the start of the run, and is taken after that. */
export function failingFor(ms: number, status = 503): readonly Phase[] {
  return [...always(status), ...from(ms, { kind: 'healthy' })];
}

export const GONE: readonly Phase[] = from(0, { kind: 'gone' });
/** A status below 400 that is no success. */
export const REDIRECTS: readonly Phase[] = from(0, { kind: 'healthy', status: 301 });

function from(fromMs: number, does: Behaviour): readonly Phase[] {
  return [{ fromMs, does }];
}

/** Nobody listens there for this long from the start of the run. */
export function downFor(ms: number): readonly Phase[] {
  return [...from(0, { kind: 'down' }), ...from(ms, { kind: 'healthy' })];
}
