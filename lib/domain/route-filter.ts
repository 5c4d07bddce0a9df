import { type EventPattern, matchesPattern } from './event-pattern.ts';
import { parsePattern } from './event-pattern-parse.ts';
import type { JsonObject } from './merge-patch.ts';

/** An event as filters see it; what it does not have is undefined. */
export interface FilteredEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string | undefined;
  readonly tenant: string;
  readonly timestamp: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** Steps that one filter may take for one event, and all filters of a tenant together. */
export const FILTER_STEPS_MAX = 2_000_000;
export const FILTERS_STEPS_MAX = 10_000_000;

/** Filters are read once for as long as their routes are kept, not once per event. */
const readPatterns = new WeakMap<JsonObject, EventPattern | 'unreadable'>();

/** Those whose filter, if they have one, lets the event through. */
export function passingFilter<T extends { readonly filter?: JsonObject }>(
  routes: readonly T[],
  event: FilteredEvent,
): readonly T[] {
  let stepsLeft = FILTERS_STEPS_MAX;
  return routes.filter(({ filter }) => {
    const pattern = filter === undefined ? undefined : patternOf(filter);
    // Another version's filter, which this one cannot read, must not lose events.
    if (pattern === undefined || pattern === 'unreadable') return true;
    const meter = { steps: 0, stepsMax: Math.min(FILTER_STEPS_MAX, stepsLeft) };
    const passes = matchesPattern(pattern, event, meter);
    stepsLeft -= meter.steps;
    return passes;
  });
}

function patternOf(filter: JsonObject): EventPattern | 'unreadable' {
  const known = readPatterns.get(filter);
  if (known !== undefined) return known;
  const parsed = parsePattern(filter);
  const pattern = parsed.ok ? parsed.pattern : 'unreadable';
  readPatterns.set(filter, pattern);
  return pattern;
}
