import type { Attempt } from '../domain/delivery.ts';
import type { Integration } from '../domain/integration.ts';
import type { Clock, Integrations, Telemetry } from './ports.ts';

export interface DisableDeps {
  readonly integrations: Pick<Integrations, 'byId' | 'save'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const RACES_MAX = 5;

/**
 * Disables an integration because its receiver said so. An integration whose endpoint has been
 * changed meanwhile is left alone: the answer was about another address.
 */
export async function disableIntegration(
  deps: DisableDeps,
  asked: Integration,
  attempt: Attempt,
): Promise<void> {
  const said = attempt.statusCode === 410 ? '410 Gone' : 'webhook-delivery: disable';
  for (let race = 0; race < RACES_MAX; race++) {
    const current = await deps.integrations.byId(asked.id, asked.tenant);
    if (current === undefined || current.status === 'disabled') return;
    if (current.endpoint !== asked.endpoint) return;
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
      return;
    }
  }
  throw new Error(`Integration ${asked.id} could not be disabled in ${RACES_MAX} races.`);
}
