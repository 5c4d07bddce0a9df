import type { ChainPlace, Delivery } from './delivery.ts';
import { dueAt, end, withoutChain } from './delivery-transitions.ts';
import { deliveryLinks, type FallbackChain } from './fallback.ts';
import type { RetryPolicy } from './retry.ts';

/** How a delivery goes along its integration's fallback chain: one attempt for each doorbell. */

/**
 * What is done with after the integration itself is offered to the chain again after these many
 * seconds, while no link takes it; then it has failed.
 */
const ROUND_WAITS_SECONDS = [60, 300, 1_800, 7_200];
/** How often the chain is gone through for one delivery. */
export const CHAIN_ROUNDS_MAX = ROUND_WAITS_SECONDS.length + 1;

/** Share of a wait that chance adds, so that what failed together does not come back together. */
const JITTER = 0.2;
const AWAIT_MS_MIN = 5_000;
const AWAIT_MS_MAX = 900_000;
const AWAITED_MS_MAX = 86_400_000;

interface Chance {
  readonly nowMs: number;
  /** In [0, 1). */
  readonly dice: number;
}

/** The integration is done with: its chain begins, and where there is none the delivery failed. */
export function exhausted(delivery: Delivery, fallback: FallbackChain, nowMs: number): Delivery {
  return roundBegun(delivery, fallback, { round: 1, atMs: nowMs }, nowMs);
}

/** None of the links that were left took it: the next round of the chain, or the end. */
export function roundOver(
  delivery: Delivery,
  fallback: FallbackChain,
  { nowMs, dice }: Chance,
): Delivery {
  const round = delivery.chain?.round ?? 1;
  const waitSeconds = ROUND_WAITS_SECONDS[round - 1];
  if (waitSeconds === undefined) return end(withoutChain(delivery), 'failed', nowMs);
  const waitMs = Math.round(waitSeconds * 1000 * (1 + JITTER * dice));
  return roundBegun(delivery, fallback, { round: round + 1, atMs: nowMs + waitMs }, nowMs);
}

/**
 * A link would take it, but not now: it has as many calls as it is allowed, or asked for a pause.
 * That is no round. Each wait is half as long as it all lasts already, and chance adds as much
 * again, so that many do not come back together; undefined once it is too old for that.
 */
export function linkAwaited(
  delivery: Delivery,
  { maxAgeSeconds }: Pick<RetryPolicy, 'maxAgeSeconds'>,
  { nowMs, dice }: Chance,
): Delivery | undefined {
  const lastMs = delivery.attempts.at(-1)?.startedAtMs ?? delivery.acceptedAtMs;
  const sinceMs = Math.max(nowMs - lastMs, 0);
  if (sinceMs > Math.min(maxAgeSeconds * 1000, AWAITED_MS_MAX)) return undefined;
  const waitMs = Math.min(Math.max(sinceMs / 2, AWAIT_MS_MIN), AWAIT_MS_MAX);
  const atMs = nowMs + Math.round(waitMs * (1 + dice));
  return { ...delivery, rings: 0, state: dueAt(atMs, nowMs) };
}

/** Link `number` did not take it: whoever is next has its turn at once. */
export function passedOn(
  delivery: Delivery,
  fallback: FallbackChain,
  number: number,
  chance: Chance,
): Delivery {
  const { nowMs } = chance;
  const { trigger, round }: ChainPlace = delivery.chain ?? {
    trigger: 'breaker-open',
    link: 1,
    round: 1,
  };
  // The integration itself is asked again first: whether there is a next link may not matter.
  const isOver =
    trigger === 'exhausted' && deliveryLinks(fallback, trigger, number + 1).length === 0;
  if (isOver) return roundOver(delivery, fallback, chance);
  const chain: ChainPlace = { trigger, link: number + 1, round };
  return { ...delivery, rings: 0, chain, state: dueAt(nowMs, nowMs) };
}

function roundBegun(
  delivery: Delivery,
  fallback: FallbackChain,
  { round, atMs }: { readonly round: number; readonly atMs: number },
  nowMs: number,
): Delivery {
  const [first] = deliveryLinks(fallback, 'exhausted');
  if (first === undefined) return end(withoutChain(delivery), 'failed', nowMs);
  const chain: ChainPlace = { trigger: 'exhausted', link: first.number, round };
  return { ...delivery, rings: 0, chain, state: dueAt(atMs, nowMs) };
}
