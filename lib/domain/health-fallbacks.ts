import type { Breaker, BreakerSign } from './breaker.ts';
import { instant } from './instant.ts';
import { targetName } from './target.ts';

/** What an integration's fallbacks say about its health. */

/** A link of the chain that takes deliveries. */
export interface FallbackFacts {
  readonly number: number;
  /** The other integration, as the link names it; absent for a URL or a queue. */
  readonly integration?: string;
  /** As the board shows the breaker that it is called through; undefined: closed and well. */
  readonly sign: BreakerSign | undefined;
  /** It would take a delivery now, if the integration's own breaker is open. */
  readonly takesOver: boolean;
}

export type BreakerShown = Pick<Breaker, 'state' | 'openUntilMs'>;

/** Undefined for one that is not open; else for how long. */
export function openness({ state, openUntilMs }: BreakerShown, nowMs: number): string | undefined {
  if (state !== 'open' && state !== 'forced-open') return undefined;
  const what = state === 'open' ? 'open' : 'forced open';
  if (openUntilMs === undefined) return `${what} until it is reset`;
  if (openUntilMs <= nowMs) return `${what} and waits for a probe`;
  return `${what} until ${instant(openUntilMs)}`;
}

/** The first that takes what is not sent to the integration itself now; undefined: none does. */
export function standIn(
  { state }: Pick<Breaker, 'state'>,
  fallbacks: readonly FallbackFacts[],
): FallbackFacts | undefined {
  if (state !== 'open' && state !== 'forced-open' && state !== 'half-open') return undefined;
  return fallbacks.find(({ takesOver }) => takesOver);
}

/** One sentence for each that is itself not to be called freely. */
export function fallbackTroubles(
  fallbacks: readonly FallbackFacts[],
  nowMs: number,
): readonly string[] {
  return fallbacks.flatMap((fallback) => {
    const { sign } = fallback;
    if (sign === undefined) return [];
    const how = sign.state === 'half-open' ? 'half-open' : openness(sign, nowMs);
    return how === undefined ? [] : [`The breaker of ${nameOf(fallback)} is ${how}.`];
  });
}

export function nameOf({ number, integration }: FallbackFacts): string {
  const name = targetName(number);
  return integration === undefined ? name : `${name} (integration ${integration})`;
}
