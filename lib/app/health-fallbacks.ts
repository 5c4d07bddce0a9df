import type { Breaker, BreakerSign } from '../domain/breaker.ts';
import { gate } from '../domain/breaker-gate.ts';
import {
  type DeliveryLink,
  deliveryLinks,
  linksForAny,
  type NumberedLink,
} from '../domain/fallback.ts';
import type { FallbackFacts } from '../domain/health-fallbacks.ts';
import type { Integration } from '../domain/integration.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { concurrently } from './concurrently.ts';
import type { Clock, Integrations } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { primaryOf } from './targets.ts';

export interface HealthFallbackDeps {
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly breakers: Pick<Breakers, 'load'>;
  readonly board: Pick<BreakerBoard, 'refresh' | 'sign'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * The links of its chain that take deliveries. While all is well with the integration: one look at
 * the board, no older than five seconds, and none where there is no chain. While its own breaker
 * keeps deliveries off, what they find is read as it is now: a breaker for each link, and the
 * integration that it leads to.
 */
export async function fallbackFacts(
  deps: HealthFallbackDeps,
  integration: Integration,
  { state }: Pick<Breaker, 'state'>,
): Promise<readonly FallbackFacts[]> {
  const links = linksForAny((trigger) => deliveryLinks(integration.fallback, trigger));
  if (links.length === 0) return [];
  const isOpen = state === 'open' || state === 'forced-open' || state === 'half-open';
  if (!isOpen) await deps.board.refresh();
  const next = deliveryLinks(integration.fallback, 'breaker-open').map(({ number }) => number);
  return await concurrently(links, links.length, async (link) => {
    const { number } = link;
    const sign = await signOfLink(deps, integration, link, isOpen);
    const mayTakeOver = isOpen && next.includes(number);
    return {
      number,
      ...(link.link.type === 'integration' && { integration: link.link.integration }),
      sign,
      takesOver: mayTakeOver && (await takes(deps, integration, link, sign)),
    };
  });
}

async function signOfLink(
  { board, breakers }: HealthFallbackDeps,
  { tenant, id, breaker }: Integration,
  { number, link }: NumberedLink<DeliveryLink>,
  isOpen: boolean,
): Promise<BreakerSign | undefined> {
  const isOwn = link.type !== 'integration';
  // Switched off by the settings it stops nothing, whatever is stored of it.
  if (isOwn && !breaker.enabled) return undefined;
  const ref = isOwn
    ? { tenant, integrationId: id, target: number }
    : primaryOf({ tenant, id: link.integrationId });
  if (!isOpen) return board.sign(ref);
  return await breakers.load(ref);
}

async function takes(
  deps: HealthFallbackDeps,
  integration: Integration,
  { link }: NumberedLink<DeliveryLink>,
  sign: BreakerSign | undefined,
): Promise<boolean> {
  const called =
    link.type === 'integration'
      ? await deps.integrations.byId(link.integrationId, integration.tenant)
      : integration;
  if (called?.status !== 'active') return false;
  return gate(sign, called.breaker, deps.clock.nowMs()).kind !== 'hold';
}
