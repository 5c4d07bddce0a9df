import type { Integration } from '../domain/integration.ts';
import type { Clock, Integrations, Telemetry } from './ports.ts';

export interface DisableDeps {
  readonly integrations: Pick<Integrations, 'byId' | 'save'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const RACES_MAX = 5;

/**
 * Disables an integration because its receiver said so; false if it is left alone, because its
 * endpoint has been changed meanwhile: the answer was about another address.
 */
export async function disableIntegration(
  deps: DisableDeps,
  asked: Integration,
  statusCode: number | null,
): Promise<boolean> {
  const said = statusCode === 410 ? '410 Gone' : 'webhook-delivery: disable';
  for (let race = 0; race < RACES_MAX; race++) {
    const current = await deps.integrations.byId(asked.id, asked.tenant);
    if (current === undefined || current.status === 'disabled') return true;
    if (current.endpoint !== asked.endpoint) return false;
    const disabled: Integration = {
      ...current,
      status: 'disabled',
      disabledReason: `The endpoint answered ${said}.`,
      updatedAtMs: deps.clock.nowMs(),
    };
    if ((await deps.integrations.save(disabled, current.name)) === 'saved') {
      deps.telemetry.warn('integration.disabled', {
        tenant: asked.tenant,
        integrationId: asked.id,
        integration: asked.name,
        reason: said,
      });
      return true;
    }
  }
  throw new Error(`Integration ${asked.id} could not be disabled in ${RACES_MAX} races.`);
}
