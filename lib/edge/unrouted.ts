import { RequestError, shown } from '../domain/errors.ts';
import { ROUTES } from '../names.ts';
import type { HttpRequest } from './request.ts';

/** What `$default` answers: 405 with `Allow` where the path exists for other methods, else 404. */
export function refuseUnrouted(request: HttpRequest): never {
  const { method, path } = request;
  const allowed = methodsOf(path);
  if (allowed.length === 0 || isRouted(method, path)) {
    throw new RequestError('not-found', `There is nothing at ${JSON.stringify(shown(path))}.`);
  }
  const allow = allowed.join(', ');
  throw new RequestError(
    'method-not-allowed',
    `${shown(method)} is not allowed at ${JSON.stringify(shown(path))}; allowed: ${allow}.`,
    { headers: { allow } },
  );
}

/** Of the path as it is spelt where there is one: it is another resource than `{id}` beside it. */
function methodsOf(path: string): readonly string[] {
  const routes = Object.keys(ROUTES).map((route) => route.split(' '));
  const spelt = routes.filter(([, template]) => template === path);
  const found = spelt.length > 0 ? spelt : routes.filter(([, t]) => matches(t, path));
  return [...new Set(found.map(([method = '']) => method))].sort();
}

/**
 * Whether a route answers the path as it is written here: decoded. That the request came to none
 * says that it was sent in another spelling, with `%2F` for a slash, which is no path of ours.
 */
function isRouted(method: string, path: string): boolean {
  return Object.keys(ROUTES).some((route) => {
    const [wanted, template] = route.split(' ');
    return (wanted === method || wanted === 'ANY') && matches(template, path);
  });
}

function matches(template: string | undefined, path: string): boolean {
  if (template === undefined) return false;
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return false;
  return wanted.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i]));
}
