/** Whether a name is the one that a filter gives, or begins as `beginning*` says; none lets all. */
export function matchesName(filter: string | undefined, name: string): boolean {
  if (filter === undefined) return true;
  return filter.endsWith('*') ? name.startsWith(filter.slice(0, -1)) : name === filter;
}
