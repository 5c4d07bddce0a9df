import type { FallbackChain, FallbackLink, UrlLink } from '../fallback.ts';
import type { Auth } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import type { Signing } from '../signing.ts';

/** How a stored chain and a request's come together. */

/** Something with credentials and signing of its own: an integration, or a URL of its chain. */
export interface Secretive {
  readonly auth: Auth;
  readonly signing?: Signing;
}

/**
 * The chain that a request gives, where each link to a URL that the stored chain has too is what
 * `keeping` makes of both. A list takes the place of a list: links that are not named are gone.
 */
export function keptChain(
  stored: FallbackChain,
  given: unknown,
  keeping: (stored: UrlLink, given: JsonObject) => JsonObject,
): unknown {
  if (!Array.isArray(given)) return given;
  return given.map((link: unknown) => {
    if (!isJsonObject(link) || link.type !== 'url') return link;
    const before = urlLinkTo(stored, link.url);
    return before === undefined ? link : keeping(before, link);
  });
}

/** The link of the chain that leads to this URL. */
export function urlLinkTo(chain: FallbackChain, url: unknown): UrlLink | undefined {
  return chain.find((link): link is UrlLink => link.type === 'url' && sameUrl(link.url, url));
}

/** Whether both are URLs, and lead to the same place. */
export function sameUrl(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false;
  const href = URL.parse(one)?.href;
  return href !== undefined && href === URL.parse(other)?.href;
}

/** The stored chain as a request would give it, with `signed` in place of each signing. */
export function fallbackDocument(
  chain: FallbackChain,
  signed: (signing: Signing) => JsonObject,
): readonly JsonObject[] {
  return chain.map((link) => linkDocument(link, signed));
}

function linkDocument(link: FallbackLink, signed: (signing: Signing) => JsonObject): JsonObject {
  switch (link.type) {
    case 'url': {
      const { signing, ...plain } = link;
      return { ...plain, ...(signing !== undefined && { signing: signed(signing) }) };
    }
    case 'integration': {
      const { integrationId: _, ...plain } = link;
      return plain;
    }
    case 'queue':
    case 'hold':
    case 'cache':
    case 'static':
      return { ...link };
  }
}
