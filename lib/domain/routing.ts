import { RequestError } from './errors.ts';
import type { Route } from './integration.ts';
import { type FilteredEvent, passingFilter } from './route-filter.ts';

/** Types of Breakwater's own events begin so; nobody else may publish them. */
const RESERVED_PREFIX = 'breakwater.';
/** The rule as refusals say it. */
export const RESERVED_RULE = `what begins with ${RESERVED_PREFIX} is for Breakwater's own events`;

export function isReservedType(type: string): boolean {
  return type.startsWith(RESERVED_PREFIX);
}

/**
 * Whether `pattern` wants events of `type`: `*` alone or as last segment matches one or more.
 * Breakwater's own events go only to those who name their prefix: an endpoint that takes
 * everything would otherwise be told of its own failures.
 */
export function matchesType(pattern: string, type: string): boolean {
  if (pattern === '*') return !isReservedType(type);
  if (pattern === type) return true;
  return pattern.endsWith('.*') && type.length > pattern.length - 1
    ? type.startsWith(pattern.slice(0, -1))
    : false;
}

/**
 * The routes that an event takes: those that want its type, and whose filter it passes. `event`
 * is asked for only if one of them has a filter.
 */
export function routesFor(
  routes: readonly Route[],
  type: string,
  event: () => FilteredEvent,
): readonly Route[] {
  const wanting = routes.filter((route) =>
    route.eventTypes.some((pattern) => matchesType(pattern, type)),
  );
  const isFiltered = wanting.some(({ filter }) => filter !== undefined);
  return isFiltered ? passingFilter(wanting, event()) : wanting;
}

/** The routes that the caller named, by id or name, each once; an unknown one is the caller's mistake. */
export function routesNamed(
  routes: readonly Route[],
  wanted: readonly string[],
  path = 'integrations',
): readonly Route[] {
  const found = new Map<string, Route>();
  const fields = wanted.flatMap((ref, i) => {
    const route = routes.find(({ id, name }) => id === ref || name === ref);
    if (route) found.set(route.id, route);
    return route
      ? []
      : [{ path: `${path}.${i}`, message: `there is no integration ${JSON.stringify(ref)}` }];
  });
  if (fields.length > 0) {
    throw new RequestError('invalid', `${path} names an integration that does not exist.`, {
      fields,
    });
  }
  return [...found.values()];
}
