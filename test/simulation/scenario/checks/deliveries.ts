import type { Delivery } from '../../../../lib/domain/delivery.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Run } from '../run.ts';
import { isOver } from '../watch.ts';
import { type Checks, firstWrong, isUnpromised } from './check.ts';
import { type Dossier, evidenceOf } from './evidence.ts';

/** What became of each delivery, judged when the run is over. */
export const DELIVERY_CHECKS: Checks = {
  'everything ends': (run) =>
    firstWrong(run.audit.deliveries.values(), ({ id, event, status, heldBy }) =>
      OVER.has(status) || isUnpromised(run, event)
        ? undefined
        : `${id} is ${status} ${heldBy ?? ''}`,
    ) ?? firstWrong(run.watch.pending, ([id, { state }]) => `${id} is ${state.status}`),
  'a success was a 2xx that the receiver answered, to the right request': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => unprovenIn(run, dossier)),
  'what the API shows of a delivery is what is stored': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => otherThanStored(run, dossier)),
};

/** Judged every few hours: who finds it at the end has waited for a month of ticks in vain. */
export const DELIVERY_LOOK_CHECKS: Checks = {
  'nothing lies about a day after its time': (run) =>
    firstWrong(run.watch.pending, ([id, { state }]) => {
      const dueAtMs = 'dueAtMs' in state ? state.dueAtMs : undefined;
      const untilMs = state.status === 'delivering' ? state.leaseUntilMs : dueAtMs;
      // Schedules are silent for hours, functions are off, and lost doorbells are rung for again.
      if (untilMs === undefined || untilMs > run.simulation.nowMs() - OVERDUE_MS) return undefined;
      return `${id} is ${state.status}, and was due at ${untilMs}`;
    }),
};

const OVERDUE_MS = 24 * 3_600_000;

const OVER = new Set(['delivered', 'failed', 'cancelled']);

function unprovenIn(run: Run, dossier: Dossier): string | undefined {
  const { id, last, requests, integration } = dossier;
  if (last.state.status !== 'delivered') return undefined;
  const { via } = last.state;
  const host = hostOf(via, integration);
  const proof = requests.find((entry) => entry.host === host && isTaken(entry));
  if (proof === undefined) return `${id} is delivered via ${via}, and ${host} took nothing`;
  const success = last.attempts.find(({ outcome }) => outcome === 'success');
  if (success === undefined) return `${id} is delivered without a success`;
  return isSignedWell(run, dossier, proof)
    ? undefined
    : `${id} was taken with a ${proof.verdict} signature`;
}

function hostOf(via: string, { host, fallbackHosts }: Dossier['integration']): string | undefined {
  if (via === 'primary') return host;
  const link = /^fallback:(\d+)$/.exec(via);
  return link === null ? undefined : fallbackHosts[Number(link[1]) - 1];
}

/** The sender heard the 2xx as well: a success that nobody heard of is not known to be one. */
function isTaken({ status, isHeard }: Entry): boolean {
  return isHeard && status !== null && status >= 200 && status < 300;
}

/** A receiver knows of a rotation when its answer was heard, and of none that was never heard. */
function isSignedWell({ book }: Run, { integration }: Dossier, { verdict }: Entry): boolean {
  const isUnheard = book.orders.some(
    ({ what, integrationId, heardAtMs }) =>
      what === 'rotate' && integrationId === integration.id && heardAtMs === undefined,
  );
  return verdict === 'good' || (isUnheard && verdict === 'wrong');
}

function otherThanStored({ audit }: Run, { id, last }: Dossier): string | undefined {
  const shown = audit.deliveries.get(id);
  if (shown === undefined) return undefined;
  const status = isOver(last) ? last.state.status : shown.status;
  if (shown.status !== status) return `${id} is ${last.state.status}, and shown as ${shown.status}`;
  const texts = [idsOf(last), shown.attempts.map(({ id: attempt }) => attempt).join(' ')];
  return texts[0] === texts[1]
    ? undefined
    : `${id} has the attempts ${texts[0]}, shown ${texts[1]}`;
}

function idsOf({ attempts }: Delivery): string {
  return attempts.map(({ id }) => id).join(' ');
}
