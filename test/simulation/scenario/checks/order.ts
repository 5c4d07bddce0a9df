import type { IntegrationId } from '../../../../lib/domain/ids.ts';
import { isInLine, isSetAside, lineName, TURN_LEASE_MS } from '../../../../lib/domain/line.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Turn } from '../line-watch.ts';
import type { Run } from '../run.ts';
import { type Checks, firstWrong } from './check.ts';
import { asksAgain, type Dossier, evidenceOf } from './evidence.ts';

export const ORDER_CHECKS: Checks = {
  'a line is delivered in the order of its acceptance': (run) =>
    firstWrong(linesOf(run), ({ members }) => wrongOrder(members)),
  'of a line one is called at a time': (run) =>
    firstWrong(linesOf(run), ({ turns, members }) =>
      wrongOverlap(
        members.filter((one) => !wasEverSetAside(one)),
        turns,
      ),
    ),
  'of a line nobody is called again behind those that followed': (run) =>
    firstWrong(linesOf(run), ({ turns, members }) => wrongRepeat(members, turns)),
};

const TENANT = 'default';

interface Line {
  readonly turns: readonly Turn[];
  readonly members: readonly Dossier[];
}

/** The deliveries of each line of an integration that keeps order, in the order they were noted. */
function linesOf(run: Run): readonly Line[] {
  const members = evidenceOf(run).dossiers.filter(
    ({ integration, last }) => integration.isFifo && run.lines.keys.has(last.eventId),
  );
  const byName = Map.groupBy(members, ({ integration, last }) =>
    lineName({
      tenant: TENANT,
      integrationId: integration.id as IntegrationId,
      orderingKey: run.lines.keys.get(last.eventId) ?? '',
    }),
  );
  return [...byName].map(([name, list]) => ({
    turns: run.lines.turns.get(name) ?? [],
    members: list,
  }));
}

/**
 * Who was heard to be accepted before another was asked for is at its end before the other is
 * called at all. Not of those that lost their place on the way: given up, cancelled, sent again by
 * hand; nor of those with a time of their own, who take their place then.
 */
export function wrongOrder(members: readonly Dossier[]): string | undefined {
  const plain = members.filter(
    (one) =>
      one.accepted !== undefined &&
      one.accepted.deliverAtMs === undefined &&
      !one.orders.some(asksAgain) &&
      !wasEverSetAside(one),
  );
  return firstWrong(plain, (earlier) => {
    const taken = earlier.requests.find(({ status }) => isTaken(status));
    if (taken === undefined) return undefined;
    return firstWrong(plain, (later) => {
      if (!wasBefore(earlier, later)) return undefined;
      const first = later.requests.at(0);
      if (first === undefined || first.atMs >= taken.atMs) return undefined;
      return `${later.id} was called at ${first.atMs}, ${earlier.id} before it at ${taken.atMs}`;
    });
  });
}

function isTaken(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** By what callers saw: two that were asked for at the same time may come in either order. */
function wasBefore({ accepted: a }: Dossier, { accepted: b }: Dossier): boolean {
  if (a === undefined || b === undefined || a === b) return false;
  return a.heardAtMs < b.askedAtMs || isBeforeInBatch(a, b);
}

/** Of one batch those whose ids were made for them: the others may be from an earlier try. */
function isBeforeInBatch(
  a: NonNullable<Dossier['accepted']>,
  b: NonNullable<Dossier['accepted']>,
): boolean {
  const isOne = a.how === 'batch' && b.how === 'batch' && a.askedAtMs === b.askedAtMs;
  const areMade = [a, b].every(({ id }) => id.startsWith('evt_'));
  return isOne && areMade && a.heardAtMs === b.heardAtMs && numberOf(a) < numberOf(b);
}

/** Events are numbered as the story lists them. */
function numberOf({ data }: NonNullable<Dossier['accepted']>): number {
  return Number((data as { readonly number?: number }).number);
}

/** Failed, cancelled, or gone to the later rounds of a fallback: others have gone on without it. */
function wasEverSetAside({ changes }: Dossier): boolean {
  return changes.some(
    ({ after }) => after !== undefined && (isSetAside(after) || after.state.status === 'cancelled'),
  );
}

/** A lock is written a moment before its answer is heard, and so is the true end of its lease. */
const MOMENT_MS = 1_000;

interface Called {
  readonly entry: Entry;
  readonly member: Dossier;
}

/**
 * A call begins when the one before it is over. Tolerated only where the turn of the earlier one
 * was taken away before its lease was over by the true time: the clock of whoever took it, or that
 * of whoever had it, was wrong by more than the lease outlasts a function.
 */
export function wrongOverlap(
  members: readonly Dossier[],
  turns: readonly Turn[],
): string | undefined {
  const calls: readonly Called[] = members
    .flatMap((member) => member.requests.map((entry) => ({ entry, member })))
    .sort((a, b) => a.entry.atMs - b.entry.atMs);
  return firstWrong(calls, (earlier) =>
    firstWrong(calls, (later) => {
      const isLater = later.entry.atMs > earlier.entry.atMs;
      if (!isLater || later.entry.atMs >= earlier.entry.untilMs) return undefined;
      if (turns.some((turn) => wasCutShort(turn, earlier, later))) return undefined;
      const { member, entry } = earlier;
      return `${later.member.id} was called at ${later.entry.atMs}, ${member.id} until ${entry.untilMs}`;
    }),
  );
}

function wasCutShort(turn: Turn, { entry, member }: Called, later: Called): boolean {
  return (
    !turn.wasGivenBack &&
    turn.eventId === member.last.eventId &&
    turn.fromMs <= entry.atMs &&
    turn.untilMs <= later.entry.atMs &&
    turn.untilMs < turn.fromMs + TURN_LEASE_MS - MOMENT_MS
  );
}

/**
 * Who takes a turn that is over already makes no call in it: it would come after those that went on
 * in the meantime. Not of what is sent again by hand.
 */
export function wrongRepeat(
  members: readonly Dossier[],
  turns: readonly Turn[],
): string | undefined {
  const plain = members.filter(({ orders }) => !orders.some(asksAgain));
  return firstWrong(plain, ({ last, changes, requests }) => {
    const over = changes.find(({ after }) => after !== undefined && !isInLine(after));
    if (over === undefined) return undefined;
    const late = turns.filter((turn) => turn.eventId === last.eventId && turn.fromMs > over.atMs);
    const again = requests.find(({ atMs }) =>
      late.some(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs),
    );
    return again && `${last.eventId} was called at ${again.atMs}, it is over since ${over.atMs}`;
  });
}
