import { BREAKER_DEFAULTS, type BreakerConfig } from '../../../../lib/domain/breaker.ts';
import type { Delivery } from '../../../../lib/domain/delivery.ts';
import type { ShownBreaker, ShownTransition } from '../breaker-audit.ts';
import type { BreakerChange } from '../breaker-watch.ts';
import type { Run } from '../run.ts';
import { wrongCall } from './breaker-calls.ts';
import { wrongStep } from './breaker-steps.ts';
import { type ChangeChecks, type Checks, firstWrong } from './check.ts';

export const BREAKER_CHECKS: Checks = {
  'a breaker moves as it may, one step at a time': (run) =>
    firstWrong(run.breakers.changes, ([id, changes]) => {
      const config = configOf(run, id);
      return firstWrong(changes, (change) => {
        const wrong = wrongStep(change, config);
        return wrong === undefined ? undefined : `${id} at ${change.atMs}: ${wrong}`;
      });
    }),
  'who knows that a breaker is open calls as a probe': (run) =>
    firstWrong(targetsOf(run), ({ id, host }) => {
      const wrong = wrongCall({
        breakerId: id,
        calls: run.product.receivers.ledger.filter((entry) => entry.host === host),
        changes: run.breakers.changes.get(id) ?? [],
        looksOf: (process) => run.breakers.looks.get(process) ?? [],
      });
      return wrong === undefined ? undefined : `${host}: ${wrong}`;
    }),
  'the history of a breaker is what was stored': (run) =>
    firstWrong(run.audit.breakers, (shown) => {
      const changes = run.breakers.changes.get(idOf(shown)) ?? [];
      const wrong = wrongHistory(shown, changes, run.breakers.untold);
      return wrong === undefined ? undefined : `${idOf(shown)}: ${wrong}`;
    }),
  'every breaker is closed in the end': (run) => {
    const shown = firstWrong(run.audit.breakers, (one) =>
      one.state === 'closed' || !configOf(run, idOf(one)).enabled
        ? undefined
        : `${idOf(one)} is ${one.state}`,
    );
    return shown ?? firstWrong(run.breakers.changes, ([id, changes]) => unsettled(id, changes));
  },
};

export const BREAKER_CHANGE_CHECKS: ChangeChecks = {
  'who is held for a breaker or a limit has made no attempt of it':
    () =>
    (id, { before, after }) => {
      if (after?.state.status !== 'held' || after.state.heldBy === 'pause') return undefined;
      if (before?.state.status === 'held') return undefined;
      const made = attemptsOf(after);
      return made === attemptsOf(before) ? undefined : `${id}: ${made} after it`;
    },
};

function attemptsOf(delivery: Delivery | undefined): string {
  return (delivery?.attempts ?? []).map((attempt) => attempt.id).join(' ');
}

/** Every target that has a breaker of its own, with where it is called. */
function targetsOf({
  book,
  story,
}: Run): readonly { readonly id: string; readonly host: string }[] {
  return [...book.integrations.values()].flatMap(({ id, name, host, fallbackHosts }) => {
    const links = story.integrations.find((plan) => plan.name === name)?.fallback ?? [];
    const fallbacks = fallbackHosts.map((one) => ({
      id: `${id}~${links.findIndex((link) => JSON.stringify(link).includes(one)) + 1}`,
      host: one,
    }));
    return [{ id: `${id}~0`, host }, ...fallbacks];
  });
}

/** As it was registered; no order of a story changes it. */
function configOf({ book, story }: Run, breakerId: string): BreakerConfig {
  const id = breakerId.slice(0, breakerId.lastIndexOf('~'));
  const name = [...book.integrations.values()].find((one) => one.id === id)?.name;
  const plan = story.integrations.find((one) => one.name === name);
  return { ...BREAKER_DEFAULTS, ...plan?.breaker };
}

function idOf({ integrationId, target }: ShownBreaker): string {
  return `${integrationId}~${target}`;
}

/** Closed, off the board and told of: nothing is left that a tick would look at each minute. */
function unsettled(id: string, changes: readonly BreakerChange[]): string | undefined {
  const { after, isOnBoard } = changes.at(-1) ?? {};
  if (after === undefined) return undefined;
  if (isOnBoard) return `${id}, ${after.state}, is on the board`;
  return after.state === 'closed' ? undefined : `${id} is ${after.state}, off the board`;
}

/**
 * Every transition once, the newest first, none that was not. One may be missing where the log says
 * that it could not be told of: whoever made it died, and the store was away for the next one.
 */
function wrongHistory(
  { history, version }: ShownBreaker,
  changes: readonly BreakerChange[],
  untold: number,
): string | undefined {
  const moves = changes.filter(({ before, after }) => after?.version !== (before?.version ?? 0));
  const stored = moves.flatMap(({ after }) => (after?.last === undefined ? [] : [after.last]));
  const last = stored.at(-1)?.version ?? 0;
  if (version !== last) return `version ${version} is shown of ${last}`;
  const wanted = stored.map(({ atMs, from, to, reason, actor, openUntilMs }) =>
    textOf({
      ...{ at: isoOf(atMs), from, to, reason, actor },
      ...(openUntilMs !== undefined && { openUntil: isoOf(openUntilMs) }),
    }),
  );
  const shown = history.map(textOf).reverse();
  const missing = wanted.filter((one) => !shown.includes(one));
  if (missing.length > untold) return `${missing[0]} is missing`;
  const kept = wanted.filter((one) => shown.includes(one));
  const isSame = shown.length === kept.length && shown.every((one, at) => one === kept[at]);
  return isSame ? undefined : `${shown.join(', ')} is shown of ${wanted.join(', ')}`;
}

function textOf({ at, from, to, reason, actor, openUntil }: ShownTransition): string {
  return `${at} ${from} to ${to} until ${openUntil ?? 'whenever'} by ${actor}: ${reason}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
