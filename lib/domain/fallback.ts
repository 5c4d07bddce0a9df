import type { IntegrationId } from './ids.ts';
import type { Auth } from './integration.ts';
import type { Signing } from './signing.ts';

/** Where a delivery or a call goes that its integration does not take: a chain, tried in order. */

/**
 * `breaker-open`: the integration may not be called now. `exhausted`: its tries are used up, or it
 * refused for good.
 */
export type FallbackTrigger = 'breaker-open' | 'exhausted';
export const FALLBACK_TRIGGERS = [
  'breaker-open',
  'exhausted',
] as const satisfies readonly FallbackTrigger[];

export const FALLBACK_LINKS_MAX = 5;

interface Triggered {
  readonly on: readonly FallbackTrigger[];
}

/** The same service at another address; credentials are its own, never the integration's. */
export interface UrlLink extends Triggered {
  readonly type: 'url';
  readonly url: string;
  readonly auth: Auth;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: signed as the integration's own requests are. */
  readonly signing?: Signing;
}

/** Another integration of the same tenant: its address, credentials, body and breaker. */
export interface IntegrationLink extends Triggered {
  readonly type: 'integration';
  /** As it was given: its name or its id. */
  readonly integration: string;
  readonly integrationId: IntegrationId;
}

/** With `arn`: an SQS queue of the account takes deliveries. Without: a call is delivered later. */
export interface QueueLink extends Triggered {
  readonly type: 'queue';
  readonly arn?: string;
}

/** Deliveries wait for the breaker to close; also what happens at the end of every chain. */
export interface HoldLink {
  readonly type: 'hold';
  readonly on: readonly ['breaker-open'];
}

/** Calls alone: the last good answer to the same request, if it is no older than this. */
export interface CacheLink extends Triggered {
  readonly type: 'cache';
  readonly maxAgeSeconds: number;
}

/** Calls alone: always this answer. */
export interface StaticLink extends Triggered {
  readonly type: 'static';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type FallbackLink =
  | UrlLink
  | IntegrationLink
  | QueueLink
  | HoldLink
  | CacheLink
  | StaticLink;

export type FallbackChain = readonly FallbackLink[];

/** A link and its place: `fallback:1` is the first. */
export interface NumberedLink<L extends FallbackLink = FallbackLink> {
  readonly number: number;
  readonly link: L;
}

/** Links that take deliveries; the others answer calls. */
export type DeliveryLink = UrlLink | IntegrationLink | (QueueLink & { readonly arn: string });

/** Links that take deliveries for this trigger, from place `from` on; nothing behind a `hold`. */
export function deliveryLinks(
  chain: FallbackChain,
  trigger: FallbackTrigger,
  from = 1,
): readonly NumberedLink<DeliveryLink>[] {
  const found: NumberedLink<DeliveryLink>[] = [];
  for (const [i, link] of chain.entries()) {
    if (i + 1 < from || !triggers(link, trigger)) continue;
    if (link.type === 'hold') break;
    if (isDeliveryLink(link)) found.push({ number: i + 1, link });
  }
  return found;
}

/** Links that serve calls for this trigger, in order. */
export function callLinks(
  chain: FallbackChain,
  trigger: FallbackTrigger,
): readonly NumberedLink<UrlLink | CacheLink | StaticLink | QueueLink>[] {
  return chain.flatMap((link, i) => {
    if (!triggers(link, trigger) || link.type === 'hold' || link.type === 'integration') return [];
    return link.type === 'queue' && link.arn !== undefined ? [] : [{ number: i + 1, link }];
  });
}

/** What `linksFor` gives for any trigger: each link once, in the order of the chain. */
export function linksForAny<L extends FallbackLink>(
  linksFor: (trigger: FallbackTrigger) => readonly NumberedLink<L>[],
): readonly NumberedLink<L>[] {
  const all = FALLBACK_TRIGGERS.flatMap((trigger) => linksFor(trigger));
  const byNumber = new Map(all.map((numbered) => [numbered.number, numbered]));
  return [...byNumber.values()].toSorted((a, b) => a.number - b.number);
}

function triggers(link: FallbackLink, trigger: FallbackTrigger): boolean {
  return link.on.some((one) => one === trigger);
}

function isDeliveryLink(link: FallbackLink): link is DeliveryLink {
  switch (link.type) {
    case 'url':
    case 'integration':
      return true;
    case 'queue':
      return link.arn !== undefined;
    case 'hold':
    case 'cache':
    case 'static':
      return false;
  }
}
