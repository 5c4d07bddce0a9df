import { TIMEOUT_SECONDS } from '../../../../lib/names.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Run } from '../run.ts';
import { type Dossier, evidenceOf } from './evidence.ts';

/** What may make a second request of one, each written down in docs/architecture.md. */

/** A function lives no longer, so nothing is recorded of what it did before. */
export const LIFE_MS = TIMEOUT_SECONDS.deliver * 1_000;
const TRAVEL_MS = 20;
/** Below this age of the event its first attempt is made without a claim: see `UNCLAIMED_MS`. */
const UNCLAIMED_MS = 15_000;
/** May pass between what an attempt is decided by and its request: reads, through retries. */
export const READ_MS = 12_000;

/** Its process died, or said that it could not record what it did: nobody knows of the request. */
export function isUnknown({ witness }: Run, { last }: Dossier, entry: Entry): boolean {
  const isWithin = (atMs: number) =>
    atMs >= entry.atMs - TRAVEL_MS && atMs <= entry.untilMs + LIFE_MS;
  const death = witness.deaths.get(entry.from);
  if (death !== undefined && isWithin(death.atMs)) return true;
  return witness.broken.some(
    ({ atMs, by, eventId, integrationId }) =>
      by === entry.from &&
      eventId === last.eventId &&
      integrationId === last.integrationId &&
      isWithin(atMs),
  );
}

/**
 * Made without a claim, as the first attempt of a young event is, so that a doorbell that is heard
 * twice makes two of it. How old the event is says the clock of who asks.
 */
export function isUnclaimed(run: Run, { last }: Dossier, entry: Entry): boolean {
  if (attemptOf(entry) !== 1) return false;
  const { clocks } = evidenceOf(run);
  const ownMs = Math.min(...clocks.offsetsOf(entry.from).map((offset) => entry.atMs + offset));
  return ownMs - last.acceptedAtMs < UNCLAIMED_MS + READ_MS;
}

/** How much longer than its request a claim lasts, less what may pass between the two. */
const MARGIN_MS = 15_000 - READ_MS;

/**
 * Whether the clock of one may have had the claim for the other as over: of who sent the second, or
 * of who sent the first, where the other had claimed before it and was kept until its request.
 */
export function outlastsClaim(run: Run, first: Entry, second: Entry): boolean {
  const isKept = second.atMs - first.atMs < READ_MS;
  return isAhead(run, second, first) || (isKept && isAhead(run, first, second));
}

function isAhead(run: Run, one: Entry, other: Entry): boolean {
  const { clocks } = evidenceOf(run);
  const aheadMs = Math.max(...clocks.offsetsOf(one.from));
  return aheadMs - Math.min(...clocks.offsetsOf(other.from)) > MARGIN_MS;
}

export function attemptOf({ headers }: Entry): number {
  return Number(headers['breakwater-attempt']);
}

/** Kinds of faults that make a doorbell be heard twice, or a request be made that nobody knows of. */
const AMBIGUOUS =
  /^(kill|skew|clock|dynamodb|kms|sqs-(duplicate|undeleted|early|lost-after|slow|late|redrive|down)|lambda|batch|unack|poller|schedule|api)/;

/** How many of a run's faults can be the reason for a request too many. */
export function ambiguousFaults({ faults, witness }: Run): number {
  const timeouts = [...witness.deaths.values()].filter(({ why }) => !why.startsWith('kill'));
  return timeouts.length + faults.happened.filter(({ kind }) => AMBIGUOUS.test(kind)).length;
}
