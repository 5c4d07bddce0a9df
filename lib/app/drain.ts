import { begun, type Drain, isAlive } from '../domain/drain.ts';
import type { Integration } from '../domain/integration.ts';
import type { Clock, Progress, Telemetry } from './ports.ts';
import type { Drains, WorkQueue } from './ports-outage.ts';

export interface EnsureDrainDeps {
  readonly drains: Pick<Drains, 'load' | 'save'>;
  readonly workQueue: WorkQueue;
  readonly clock: Clock;
}

export interface StartDrainDeps extends EnsureDrainDeps {
  readonly progress: Pick<Progress, 'startSweep'>;
  readonly telemetry: Telemetry;
}

type IntegrationRef = Pick<Integration, 'tenant' | 'id'>;

/**
 * Has what is held let go, bit by bit. Many at once, or one that is under way already, are one
 * drain. Killed anywhere, the tick goes on with it: to be called before a delivery is held for a
 * limit. Nothing is forgotten that is held within ten minutes. `ramp`: gently, as after an outage
 * (the default).
 */
export async function startDrain(
  deps: StartDrainDeps,
  ref: IntegrationRef,
  options: { readonly ramp?: boolean } = {},
): Promise<void> {
  const { tenant, id: integrationId } = ref;
  const startedAtMs = deps.clock.nowMs();
  await deps.progress.startSweep({ kind: 'release', tenant, integrationId, startedAtMs });
  await ensureDrain(deps, ref, options.ramp ?? true);
}

/** Starts the drain unless one is alive; a `release` sweep must stand, or nobody restarts it. */
export async function ensureDrain(
  deps: EnsureDrainDeps,
  { tenant, id: integrationId }: IntegrationRef,
  ramp: boolean,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const before = await deps.drains.load(integrationId);
  if (before !== undefined && isAlive(before, nowMs)) return;
  const first = begun({ tenant, integrationId }, before, ramp, nowMs);
  // Somebody else was faster: theirs is under way.
  if ((await deps.drains.save(first)) === 'stale') return;
  await ringNext(deps, first, nowMs);
}

/** The token for the step that is stored as the next. */
export async function ringNext(
  { workQueue }: Pick<EnsureDrainDeps, 'workQueue'>,
  { tenant, integrationId, step, nextStepAtMs }: Drain,
  nowMs: number,
): Promise<void> {
  const delaySeconds = Math.max(Math.ceil((nextStepAtMs - nowMs) / 1000), 0);
  await workQueue.ring([{ task: { kind: 'drain', tenant, integrationId, step }, delaySeconds }]);
}
