import { RequestError } from '../domain/errors.ts';
import type { Integration } from '../domain/integration.ts';
import { type EnsureDrainDeps, ensureDrain } from './drain.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { change, find } from './named-registry.ts';
import type { Clock, Progress, Sweep } from './ports.ts';
import type { CancelDeps } from './sweep.ts';
import type { Caller } from './tenancy.ts';
import { integrationView } from './views-registry.ts';

export interface SweepStartDeps extends SecretDeps, CancelDeps, EnsureDrainDeps {
  readonly integrations: SecretDeps['integrations'];
  readonly clock: Clock;
  readonly progress: Pick<Progress, 'startSweep'>;
}

/** Keeps what is pending and still to come until it is resumed; pausing twice is pausing once. */
export async function pauseIntegration(deps: SweepStartDeps, caller: Caller, ref: string) {
  const registry = integrationRegistry(deps);
  const pause = (stored: Integration): Integration => {
    switch (stored.status) {
      case 'paused':
        return stored;
      case 'active':
        return { ...stored, status: 'paused', updatedAtMs: deps.clock.nowMs() };
      case 'disabled':
        throw new RequestError(
          'invalid-state',
          'status: a disabled integration cannot be paused; it gets nothing until it is resumed.',
        );
    }
  };
  return integrationView(await change(registry, () => find(registry, caller, ref), pause));
}

/** Sends again, to a disabled one too, and lets go bit by bit what was held meanwhile. */
export async function resumeIntegration(deps: SweepStartDeps, caller: Caller, ref: string) {
  const registry = integrationRegistry(deps);
  const read = () => find(registry, caller, ref);
  const resume = (stored: Integration): Integration => {
    if (stored.status === 'active') return stored;
    const updatedAtMs = deps.clock.nowMs();
    return { ...stored, status: 'active', disabledReason: null, updatedAtMs };
  };
  // Before it is active, and even if it is already: after a crash nothing may stay held.
  await startSweep(deps, 'release', await read());
  const active = await change(registry, read, resume);
  await drainAtOnce(deps, active);
  return integrationView(active);
}

/** Begins to let go what is held, under a `release` sweep that stands; never throws. */
export async function drainAtOnce(deps: SweepStartDeps, integration: Integration): Promise<void> {
  try {
    await ensureDrain(deps, integration, false);
  } catch (error) {
    // The change is made; the tick finds the sweep and starts the drain.
    const { tenant, id: integrationId } = integration;
    deps.telemetry.warn('drain.deferred', { tenant, integrationId, error });
  }
}

/** Has the tick go over all that the integration has pending. */
export async function startSweep(
  { progress, clock }: SweepStartDeps,
  kind: Sweep['kind'],
  { tenant, id: integrationId }: Integration,
): Promise<Sweep> {
  const sweep = { kind, tenant, integrationId, startedAtMs: clock.nowMs() };
  await progress.startSweep(sweep);
  return sweep;
}
