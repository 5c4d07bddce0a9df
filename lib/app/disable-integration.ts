import type { Integration } from '../domain/integration.ts';
import { audited, type ChangeAuditDeps } from './audited-change.ts';
import type { Clock, Integrations, Telemetry } from './ports.ts';

export interface DisableDeps extends ChangeAuditDeps {
  readonly integrations: Pick<Integrations, 'byId' | 'save' | 'open'>;
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
    // The query counts too, which is not in what is stored sealed.
    if ((await deps.integrations.open(current)).endpoint !== asked.endpoint) return false;
    const disabled: Integration = {
      ...current,
      status: 'disabled',
      disabledReason: `The endpoint answered ${said}.`,
      updatedAtMs: deps.clock.nowMs(),
    };
    if ((await saved(deps, current, disabled)) === 'saved') {
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

/** The change, with its entry in the audit log: nobody asked for it but the receiver. */
function saved(deps: DisableDeps, current: Integration, disabled: Integration) {
  const { tenant, id, name, version } = current;
  const resource = { kind: 'integration', id, name };
  const { status, disabledReason } = disabled;
  return audited(deps, {
    asked: {
      ...{ tenant, resource, action: 'integration.disable' },
      actor: { kind: 'system', name: 'deliver' },
    },
    work: () => deps.integrations.save(disabled, name),
    recorded: () => ({
      ...{ tenant, resource, before: { status: current.status, version } },
      after: { status, disabledReason, version: version + 1 },
    }),
    isNothing: (result) => result !== 'saved',
  });
}
