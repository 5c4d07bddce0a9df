import type { Delivery } from '../domain/delivery.ts';
import { end, isPending } from '../domain/delivery-transitions.ts';
import { eachConcurrently, throwAll } from './concurrently.ts';
import { type KeepDrainingDeps, keepDraining } from './keep-draining.ts';
import type { Clock, Integrations, Progress, Sweep, Telemetry } from './ports.ts';
import type { Deliveries, DeliveryRef } from './ports-history.ts';
import { turned } from './turns.ts';

/** What it takes to cancel what a deleted integration still had to get. */
export interface CancelDeps {
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly deliveries: Pick<Deliveries, 'withStatus' | 'load' | 'save'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** What one pass over a sweep needs. */
export interface SweepPassDeps extends CancelDeps, KeepDrainingDeps {
  readonly deliveries: CancelDeps['deliveries'] & KeepDrainingDeps['deliveries'];
}

export interface SweepDeps extends SweepPassDeps {
  readonly progress: Pick<Progress, 'sweeps' | 'endSweep'>;
}

const PAGE = 100;
const WIDTH = 16;
/** Sweeps at a time: one that cancels a long list keeps no drain from being started again. */
const SWEEPS_WIDTH = 8;
/**
 * A sweep that finds nothing more stays this long: workers that read the integration before it
 * changed may still park a delivery, and each of them is dead or done well before.
 */
export const SWEEP_LINGER_MS = 600_000;

/**
 * One pass over every sweep; the tick calls it each minute. One that fails or takes long keeps no
 * other from its turn: each minute begins with another.
 */
export async function runSweeps(deps: SweepDeps, outOfTime: () => boolean): Promise<void> {
  const sweeps = turned(await deps.progress.sweeps(), deps.clock.nowMs());
  const { errors } = await eachConcurrently(sweeps, SWEEPS_WIDTH, async (sweep) => {
    if (outOfTime()) return;
    const finished = await runSweep(deps, sweep, outOfTime);
    if (finished && deps.clock.nowMs() - sweep.startedAtMs > SWEEP_LINGER_MS) {
      await deps.progress.endSweep(sweep);
    }
  });
  throwAll(errors, 'Sweeps');
}

/** How long a request waits for what it cancels. */
const AT_ONCE_MS = 3_000;

/**
 * The first pass of a sweep that cancels, at once, for the request that started it: what is left
 * over, and what goes wrong, is for the tick.
 */
export async function cancelAtOnce(deps: CancelDeps, sweep: Sweep): Promise<void> {
  const untilMs = deps.clock.nowMs() + AT_ONCE_MS;
  try {
    await cancelPending(deps, sweep, () => deps.clock.nowMs() >= untilMs);
  } catch (error) {
    const { tenant, integrationId, kind } = sweep;
    deps.telemetry.warn('sweep.deferred', { tenant, integrationId, kind, error });
  }
}

/** One pass over one sweep; true if nothing is left to do, false if time ran out. */
export async function runSweep(
  deps: SweepPassDeps,
  sweep: Sweep,
  outOfTime: () => boolean,
): Promise<boolean> {
  switch (sweep.kind) {
    case 'release':
      return await keepDraining(deps, sweep);
    case 'cancel':
      return await cancelPending(deps, sweep, outOfTime);
  }
}

/** Cancels what a deleted integration still had to get. */
async function cancelPending(
  deps: CancelDeps,
  sweep: Sweep,
  outOfTime: () => boolean,
): Promise<boolean> {
  const integration = await deps.integrations.byId(sweep.integrationId, sweep.tenant);
  // The deletion did not come about.
  if (integration !== undefined) return true;
  for (const status of ['held', 'waiting', 'queued'] as const) {
    let after: string | undefined;
    do {
      if (outOfTime()) return false;
      const page = await deps.deliveries.withStatus({
        tenant: sweep.tenant,
        status,
        range: {},
        limit: PAGE,
        ...(after !== undefined && { after }),
      });
      const refs = page.items.filter((item) => item.integrationId === sweep.integrationId);
      const nowMs = deps.clock.nowMs();
      const errors = await changeEach(deps, refs, (delivery) =>
        isPending(delivery) && delivery.state.status !== 'delivering'
          ? end(delivery, 'cancelled', nowMs)
          : undefined,
      );
      throwAll(errors, 'Cancelling deliveries');
      after = page.next;
    } while (after !== undefined);
  }
  return true;
}

/** Saves the change of each; one that somebody else changed meanwhile is left to them. */
async function changeEach(
  deps: CancelDeps,
  refs: readonly DeliveryRef[],
  change: (delivery: Delivery) => Delivery | undefined,
): Promise<readonly unknown[]> {
  const { errors } = await eachConcurrently(refs, WIDTH, async (ref) => {
    const delivery = await deps.deliveries.load(ref);
    const next = delivery && change(delivery);
    if (next !== undefined) await deps.deliveries.save(next);
  });
  return errors;
}
