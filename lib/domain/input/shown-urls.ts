import type { FieldError } from '../errors.ts';
import type { FallbackChain } from '../fallback.ts';
import type { Auth, Integration } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { HIDDEN_QUERY, hidesQuery, urlShown } from '../url-shown.ts';

/**
 * The body with stored URLs in place of those that it gives as answers show them, `…?…`: so that
 * an answer can be sent back as it is. Only the very text that is shown stands for what is stored.
 */
export function withUrlsKept(stored: Integration, body: JsonObject): JsonObject {
  const { endpoint, auth, healthCheck, fallback } = body;
  return {
    ...body,
    ...(endpoint !== undefined && { endpoint: kept(endpoint, stored.endpoint) }),
    ...(isJsonObject(auth) && { auth: tokenUrlKept(auth, stored.auth) }),
    ...(isJsonObject(healthCheck) && {
      healthCheck: urlKept(healthCheck, stored.healthCheck?.url),
    }),
    ...(Array.isArray(fallback) && {
      fallback: fallback.map((link: unknown, at) =>
        isJsonObject(link) && link.type === 'url' ? linkKept(link, at, stored.fallback) : link,
      ),
    }),
  };
}

/** URLs that still say `?…`: there is nothing stored that they could stand for. */
export function hiddenQueryProblems({
  endpoint,
  auth,
  healthCheck,
  fallback,
}: JsonObject): readonly FieldError[] {
  const links = Array.isArray(fallback) ? fallback : [];
  return [
    ...problem('endpoint', endpoint),
    ...problem('auth.tokenUrl', member(auth, 'tokenUrl')),
    ...problem('healthCheck.url', member(healthCheck, 'url')),
    ...links.flatMap((link: unknown, i) => [
      ...problem(`fallback.${i}.url`, member(link, 'url')),
      ...problem(`fallback.${i}.auth.tokenUrl`, member(member(link, 'auth'), 'tokenUrl')),
    ]),
  ];
}

function problem(path: string, value: unknown): readonly FieldError[] {
  if (typeof value !== 'string' || !hidesQuery(value)) return [];
  const message = `${HIDDEN_QUERY} stands for a query that is not shown; allowed: the whole URL`;
  return [{ path, message }];
}

function linkKept(link: JsonObject, at: number, chain: FallbackChain): JsonObject {
  const links = chain.map((one) => (one.type === 'url' ? one : undefined));
  const isShown = (one: (typeof links)[number]) =>
    one !== undefined && urlShown(one.url) === link.url;
  const alike = links.filter(isShown);
  // Links that only their queries tell apart are known by their places.
  const before = isShown(links[at]) ? links[at] : alike.length === 1 ? alike[0] : undefined;
  const { auth } = link;
  return {
    ...urlKept(link, before?.url),
    ...(isJsonObject(auth) && before !== undefined && { auth: tokenUrlKept(auth, before.auth) }),
  };
}

function tokenUrlKept(given: JsonObject, stored: Auth): JsonObject {
  if (given.tokenUrl === undefined || stored.type !== 'oauth2ClientCredentials') return given;
  return { ...given, tokenUrl: kept(given.tokenUrl, stored.tokenUrl) };
}

function urlKept(given: JsonObject, stored: string | undefined): JsonObject {
  return given.url === undefined ? given : { ...given, url: kept(given.url, stored) };
}

function kept(given: unknown, stored: string | undefined): unknown {
  return stored !== undefined && given === urlShown(stored) ? stored : given;
}

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
