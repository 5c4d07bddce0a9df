import type { Entry } from '../../destinations/receivers.ts';
import type { Order } from '../book.ts';
import type { Run } from '../run.ts';
import { isOver } from '../watch.ts';
import { isUnclaimed, LIFE_MS, READ_MS } from './ambiguity.ts';
import { type Checks, firstWrong } from './check.ts';
import { type Dossier, evidenceOf } from './evidence.ts';

/** After what no request may be made by itself. */
export const ENDING_CHECKS: Checks = {
  'no request begins when its delivery is over': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => afterItsEnd(run, dossier)),
  'an integration that was deleted gets nothing more': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => afterDeletion(run, dossier)),
  'an integration that is paused gets nothing': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => whilePaused(run, dossier)),
};

function afterItsEnd(run: Run, dossier: Dossier): string | undefined {
  const { id, requests, changes } = dossier;
  return firstWrong(requests, (entry) => {
    const at = changes.findLastIndex(({ atMs }) => atMs <= entry.atMs);
    const change = changes[at];
    if (change?.after === undefined || !isOver(change.after)) return undefined;
    if (isUnclaimed(run, dossier, entry)) return undefined;
    // Whoever had claimed it may be about to send when somebody else ends it.
    const endedAtMs = changes[beginningOfEnd(changes, at)]?.atMs ?? 0;
    const isClaimed = changes.some(
      ({ atMs, after }) =>
        atMs <= endedAtMs &&
        atMs >= entry.atMs - READ_MS &&
        after !== undefined &&
        'leaseUntilMs' in after.state,
    );
    if (isClaimed) return undefined;
    return `${id} was ${change.after.state.status} since ${endedAtMs}, ${textOf(entry)}`;
  });
}

/** The first of the changes in a row, up to this one, by which it is over. */
function beginningOfEnd(changes: Dossier['changes'], at: number): number {
  let first = at;
  while (first > 0) {
    const { after } = changes[first - 1] ?? {};
    if (after === undefined || !isOver(after)) break;
    first -= 1;
  }
  return first;
}

function afterDeletion(run: Run, { id, integration, requests }: Dossier): string | undefined {
  const deletedAtMs = run.book.orders
    .filter((order) => isOf(order, integration.id, 'delete'))
    .filter(({ status }) => status === 204 || status === 404)
    .map(({ heardAtMs = Number.POSITIVE_INFINITY }) => heardAtMs);
  return firstWrong(requests, (entry) => {
    const afterMs = entry.atMs - Math.min(...deletedAtMs);
    if (!(afterMs > staleMs(run, entry))) return undefined;
    return `${id}: ${integration.name} was deleted, ${textOf(entry)}`;
  });
}

function whilePaused(run: Run, { id, integration, requests }: Dossier): string | undefined {
  const orders = run.book.orders.filter(({ integrationId }) => integrationId === integration.id);
  const pauses = orders.filter(({ what, status }) => what === 'pause' && status === 200);
  if (pauses.length === 0) return undefined;
  return firstWrong(requests, (entry) => {
    const isPaused = pauses.some(
      ({ askedAtMs, heardAtMs = Number.POSITIVE_INFINITY }) =>
        entry.atMs - heardAtMs > staleMs(run, entry) &&
        entry.atMs < run.calmFromMs &&
        !orders.some((order) => mayResume(order, askedAtMs, entry.atMs)),
    );
    return isPaused ? `${id}: ${integration.name} was paused, ${textOf(entry)}` : undefined;
  });
}

/** Asked before the request, and not heard before the pause was asked for. */
function mayResume({ what, askedAtMs, heardAtMs }: Order, pausedMs: number, atMs: number): boolean {
  const doneMs = heardAtMs ?? Number.POSITIVE_INFINITY;
  return what === 'resume' && askedAtMs <= atMs && doneMs >= pausedMs;
}

function isOf({ what, integrationId }: Order, id: string, wanted: Order['what']): boolean {
  return what === wanted && integrationId === id;
}

/** Settings are kept for two seconds, and an attempt under way goes on with those it began with. */
const SETTINGS_MS = 2_000;
const ATTEMPT_MS = 3_000;
/** What makes an attempt take long before it sends, its function's whole life at worst. */
const HOLDING_UP = /^(dynamodb|kms|sqs|secrets|clock)/;

function staleMs({ faults }: Run, { from }: Entry): number {
  let jumpedMs = 0;
  let isHeldUp = false;
  for (const { at, kind, amount } of faults.happened) {
    if (!HOLDING_UP.test(kind)) continue;
    if (at.startsWith(`${from}#`) || at.startsWith(`${from} `) || /^(tables|sqs)#/.test(at)) {
      isHeldUp = true;
      if (kind.startsWith('clock')) jumpedMs += amount * 30_000;
    }
  }
  return SETTINGS_MS + (isHeldUp ? LIFE_MS + jumpedMs : ATTEMPT_MS);
}

function textOf({ host, from, atMs }: Entry): string {
  return `and ${from} sent to ${host} at ${atMs}`;
}
