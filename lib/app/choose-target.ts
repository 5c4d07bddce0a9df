import type { ChainPlace, Delivery, HeldBy, Lane } from '../domain/delivery.ts';
import { type DeliveryLink, deliveryLinks, type NumberedLink } from '../domain/fallback.ts';
import type { Integration } from '../domain/integration.ts';
import { primaryTarget, queueTarget, type Target, urlTarget } from '../domain/target.ts';
import { type Admittance, askBreaker, giveBack } from './breaker-guard.ts';
import type { GuardDeps } from './breaker-report.ts';
import { askLimits, type LimitDeps } from './call-limits.ts';
import { shutBy } from './lanes.ts';
import type { Integrations, Targets } from './ports.ts';
import type { Probe } from './probe.ts';

/** Where a delivery's next attempt goes: to its integration, or along the fallback chain. */

export interface ChooseDeps extends GuardDeps, Pick<LimitDeps, 'rateLimits' | 'concurrencyLimits'> {
  readonly targets: Targets;
  readonly integrations: GuardDeps['integrations'] & Pick<Integrations, 'open'>;
}

/** A target that may be called now, with what was taken for the call. */
export interface Chosen {
  readonly target: Target;
  /** Place of the chain's link that it is; 0: the integration itself. */
  readonly link: number;
  readonly probe?: Probe;
  /** Gives back what was leased of another integration's limits; for when the call is over. */
  readonly give?: () => Promise<void>;
}

export type Choice =
  /** `slow-lane`: not from the fast one, where it would keep quick ones waiting. */
  | { readonly kind: 'go' | 'slow-lane'; readonly chosen: Chosen }
  | { readonly kind: 'hold'; readonly heldBy: HeldBy }
  /** No link takes it now. `isBusy`: one would, but for its limits or a pause it asked for. */
  | { readonly kind: 'nobody'; readonly isBusy: boolean };

export interface Asked {
  readonly lane: Lane;
  /** There is no leave for a call to the integration now: its limits are used up. */
  readonly isLimited: boolean;
}

export async function chooseTarget(
  deps: ChooseDeps,
  integration: Integration,
  { chain, state }: Delivery,
  asked: Asked,
): Promise<Choice> {
  if (chain?.trigger === 'exhausted') return await alongChain(deps, integration, chain, asked.lane);
  const target = primaryTarget(integration);
  const answer = asked.isLimited
    ? ({ kind: 'hold', heldBy: heldWithoutLeave(deps, integration) } as const)
    : await askBreaker(deps, target, asked.lane);
  switch (answer.kind) {
    case 'go':
    case 'slow-lane':
      return { kind: answer.kind, chosen: { ...probeOf(answer), target, link: 0 } };
    case 'hold':
      break;
  }
  // What is held already waits for the integration itself.
  if (answer.heldBy !== 'breaker' || state.status === 'held') return answer;
  const place = chain ?? { trigger: 'breaker-open', link: 1 };
  const choice = await alongChain(deps, integration, place, asked.lane);
  return choice.kind === 'nobody' ? answer : choice;
}

/** There is no leave for the call; but an open breaker would have held it anyway. */
function heldWithoutLeave(deps: ChooseDeps, integration: Integration): HeldBy {
  return shutBy(deps, integration.tenant, integration, deps.clock.nowMs()) ?? 'limit';
}

function probeOf(answer: Exclude<Admittance, { kind: 'hold' }>): Pick<Chosen, 'probe'> {
  return answer.kind === 'go' && answer.probe !== undefined ? { probe: answer.probe } : {};
}

/** The first link from its place on that may be called now. */
async function alongChain(
  deps: ChooseDeps,
  integration: Integration,
  { trigger, link: from }: Pick<ChainPlace, 'trigger' | 'link'>,
  lane: Lane,
): Promise<Choice> {
  let isBusy = false;
  for (const link of deliveryLinks(integration.fallback, trigger, from)) {
    const target = await targetOf(deps, integration, link);
    if (target === undefined) continue;
    const answer = await askBreaker(deps, target, lane);
    if (answer.kind === 'hold') {
      isBusy ||= answer.heldBy === 'limit';
      continue;
    }
    const chosen = { ...probeOf(answer), target, link: link.number };
    // It will be asked for leave in the lane where it is called.
    if (answer.kind === 'slow-lane') return { kind: answer.kind, chosen };
    const leave = await askLeave(deps, integration, target);
    if (leave !== undefined) return { kind: answer.kind, chosen: { ...chosen, ...leave } };
    await giveBack(deps, target, chosen.probe);
    isBusy = true;
  }
  return { kind: 'nobody', isBusy };
}

/** Undefined: there is no such integration any more, or it takes nothing now. */
async function targetOf(
  deps: ChooseDeps,
  integration: Integration,
  { number, link }: NumberedLink<DeliveryLink>,
): Promise<Target | undefined> {
  switch (link.type) {
    case 'url':
      return urlTarget(integration, { number, link });
    case 'queue':
      return queueTarget(integration, { number, link });
    case 'integration': {
      const other = await deps.targets.get(integration.tenant, link.integrationId);
      if (other?.status !== 'active') return undefined;
      return primaryTarget(await deps.integrations.open(other));
    }
  }
}

/** Leave for one call by the limits of another integration; undefined if it has none to give. */
async function askLeave(
  deps: ChooseDeps,
  { id }: Integration,
  target: Target,
): Promise<Pick<Chosen, 'give'> | undefined> {
  if (target.id === id) return {};
  const untilMs = deps.clock.nowMs() + target.request.timeoutSeconds * 1000;
  const asked = { count: 1, width: 1, untilMs, isPaid: false };
  const { calls, give } = await askLimits(deps, target, asked);
  return calls > 0 ? { give } : undefined;
}
