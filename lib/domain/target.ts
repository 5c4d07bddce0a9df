import { type BreakerRef, PRIMARY_TARGET } from './breaker.ts';
import type { NumberedLink, QueueLink, UrlLink } from './fallback.ts';
import type { Integration } from './integration.ts';

/**
 * An integration as one of its targets: its own endpoint, or what a link of its fallback chain puts
 * in its place. Each target has a breaker of its own, with the integration's settings.
 */
export interface Target extends Integration {
  readonly target: number;
}

/** What names the breaker of a target. */
export type TargetRef = Pick<Target, 'tenant' | 'id' | 'target'>;

export function breakerRefOf({ tenant, id, target }: TargetRef): BreakerRef {
  return { tenant, integrationId: id, target };
}

/** The integration's own endpoint. */
export function primaryTarget(integration: Integration): Target {
  return { ...integration, target: PRIMARY_TARGET };
}

/** The integration at a fallback URL: with that link's credentials and headers, none of its own. */
export function urlTarget(
  integration: Integration,
  { number, link }: NumberedLink<UrlLink>,
): Target {
  return {
    ...integration,
    target: number,
    endpoint: link.url,
    auth: link.auth,
    signing: link.signing ?? integration.signing,
    request: { ...integration.request, headers: link.headers },
  };
}

/** A queue in the integration's place: it gets the body of the event as it is stored. */
export function queueTarget(
  integration: Integration,
  { number, link }: NumberedLink<QueueLink & { readonly arn: string }>,
): Target {
  const { transform: _, ...settings } = integration;
  return {
    ...settings,
    target: number,
    serviceType: 'sqs',
    endpoint: link.arn,
    auth: { type: 'none' },
    signing: { scheme: 'none' },
    request: { ...integration.request, headers: {} },
  };
}

/** What answers, records and events call a target. */
export function targetName(target: number): string {
  return target === PRIMARY_TARGET ? 'primary' : `fallback:${target}`;
}
