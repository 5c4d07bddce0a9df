import type { BreakerState, Transition } from '../../domain/breaker.ts';
import { figures } from '../../domain/breaker-window.ts';

/** A transition as text, and the states in short, as they are in a breaker's row and history. */
export const STATE_LETTERS = {
  closed: 'C',
  open: 'O',
  'half-open': 'H',
  'forced-open': 'F',
  disabled: 'D',
  'metrics-only': 'M',
} as const satisfies Readonly<Record<BreakerState, string>>;

export function stateOf(stored: string): BreakerState {
  for (const [state, letter] of Object.entries(STATE_LETTERS)) {
    if (letter === stored) return state as BreakerState;
  }
  throw new Error(`A breaker is in the unknown state ${stored}.`);
}

/** Short: names and rates are left out. */
export function packTransition(transition: Transition): string {
  const { from, to, atMs, reason, actor, window, version, openUntilMs } = transition;
  const { calls, failures, slow } = window;
  return JSON.stringify([
    ...[STATE_LETTERS[from], STATE_LETTERS[to], atMs, reason, actor],
    ...[calls, failures, slow, version, openUntilMs ?? null],
  ]);
}

type PackedTransition = [
  ...[from: string, to: string, atMs: number, reason: string, actor: string],
  ...[calls: number, failures: number, slow: number, version: number, openUntilMs: number | null],
];

export function unpackTransition(packed: string): Transition {
  const [from, to, atMs, reason, actor, calls, failures, slow, version, openUntilMs] = JSON.parse(
    packed,
  ) as PackedTransition;
  return {
    from: stateOf(from),
    to: stateOf(to),
    atMs,
    reason,
    actor,
    window: figures({ calls, failures, slow }),
    version,
    ...(openUntilMs !== null && { openUntilMs }),
  };
}
