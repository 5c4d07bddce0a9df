/** Which route of an HTTP API answers a request, as API Gateway chooses. */
export interface Match<R> {
  readonly route: R;
  /** Decoded; undefined where the route has no variables. */
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable' | 'greedy'; readonly name: string };

/** The fewer, the more specific. */
const RANK = { literal: 0, variable: 1, greedy: 2 } as const;

/**
 * Fixed segments win over variables and these over a greedy one, from left to right; then a named
 * method over ANY; `$default` answers what nothing else does.
 */
export function routeMatcher<R extends { readonly routeKey: string }>(routes: readonly R[]) {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  const parsed = routes
    .filter((route) => route !== fallback)
    .map((route) => {
      const [method = '', path = ''] = route.routeKey.split(' ');
      return { route, method, segments: parsePath(path) };
    })
    .sort((a, b) => compare(a.segments, b.segments) || rankOf(a.method) - rankOf(b.method));

  /** `path` as it was sent, percent-encoded. */
  return (method: string, path: string): Match<R> | undefined => {
    const parts = path.split('/').slice(1);
    for (const candidate of parsed) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const found = match(candidate.segments, parts);
      if (found === undefined) continue;
      const hasVariables = Object.keys(found).length > 0;
      return { route: candidate.route, pathParameters: hasVariables ? found : undefined };
    }
    return fallback && { route: fallback, pathParameters: undefined };
  };
}

function parsePath(path: string): readonly Segment[] {
  return path
    .split('/')
    .slice(1)
    .map((text): Segment => {
      const [, name, plus] = /^\{([^+}]+)(\+?)\}$/.exec(text) ?? [];
      if (name === undefined) return { kind: 'literal', text };
      return { kind: plus === '+' ? 'greedy' : 'variable', name };
    });
}

function match(
  segments: readonly Segment[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.kind === 'literal') {
      if (segment.text !== decoded(part)) return undefined;
      continue;
    }
    if (part === '') return undefined;
    if (segment.kind === 'variable') {
      parameters[segment.name] = decoded(part);
      continue;
    }
    parameters[segment.name] = decoded(parts.slice(index).join('/'));
    return parameters;
  }
  return parts.length === segments.length ? parameters : undefined;
}

function compare(a: readonly Segment[], b: readonly Segment[]): number {
  for (const [index, segment] of a.entries()) {
    const other = b[index];
    if (other === undefined) return -1;
    const difference = RANK[segment.kind] - RANK[other.kind];
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankOf(method: string): number {
  return method === 'ANY' ? 1 : 0;
}

/** Percent-decoded where that is possible; API Gateway, too, hands malformed escapes on. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
