import { PRIMARY_TARGET } from './breaker.ts';
import type { FallbackLink } from './fallback.ts';
import type { Integration } from './integration.ts';
import { targetName } from './target.ts';

/** Which of an integration's targets have a breaker of their own, and what they are called. */

/**
 * Where a link sends to by itself; undefined for one that has no breaker: it sends nowhere, or to
 * another integration, whose own breaker counts.
 */
function addressOf(link: FallbackLink | undefined): string | undefined {
  switch (link?.type) {
    case 'url':
      return link.url;
    case 'queue':
      return link.arn;
    case 'integration':
    case 'hold':
    case 'cache':
    case 'static':
    case undefined:
      return undefined;
  }
}

/** The integration's own endpoint, and each link of its chain that is an address of its own. */
export function breakerTargets({ fallback }: Pick<Integration, 'fallback'>): readonly number[] {
  const links = fallback.flatMap((link, i) => (addressOf(link) === undefined ? [] : [i + 1]));
  return [PRIMARY_TARGET, ...links];
}

/** Targets whose place in the chain has another address than before, or one for the first time. */
export function readdressed(
  before: Pick<Integration, 'fallback'>,
  after: Pick<Integration, 'fallback'>,
): readonly number[] {
  const [, ...fallbacks] = breakerTargets(after);
  return fallbacks.filter((target) => {
    return addressOf(before.fallback[target - 1]) !== addressOf(after.fallback[target - 1]);
  });
}

/** `primary`, `fallback:1` … as a number; undefined if that target has no breaker of its own. */
export function breakerTarget(
  integration: Pick<Integration, 'fallback'>,
  name: string,
): number | undefined {
  return breakerTargets(integration).find((target) => targetName(target) === name);
}
