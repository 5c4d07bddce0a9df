import type { Attempt } from '../../../../lib/domain/delivery.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Run } from '../run.ts';
import {
  ambiguousFaults,
  attemptOf,
  isUnclaimed,
  isUnknown,
  outlastsClaim,
  READ_MS,
} from './ambiguity.ts';
import { type Check, type Checks, firstWrong } from './check.ts';
import { asksAgain, type Dossier, evidenceOf } from './evidence.ts';

/** What receivers saw, against what is on record. */
export const REQUEST_CHECKS: Checks = {
  'every request is on record, or its sender died or said that it could not record it': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => unrecordedIn(run, dossier)) ??
    firstWrong(evidenceOf(run).strays, ({ headers }) => `a request of no delivery: ${headers}`),
  'every answer on record was given, and no blocked attempt was made': (run) =>
    firstWrong(evidenceOf(run).dossiers, inventedIn),
  'all requests of a delivery have its id, its bytes and the time they are sent': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => otherRequestIn(run, dossier)),
  'requests go to the hosts of their own integration, signed with a secret of it': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => strangeRequestIn(run, dossier)),
  'nothing is sent again after a success, but for a fault that hid it': (run) => resent(run),
  'no two requests of a delivery are under way at once, but for a young first one': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => overlapIn(run, dossier)),
};

function unrecordedIn(run: Run, dossier: Dossier): string | undefined {
  const { id, last, unrecorded } = dossier;
  if (last.attempts.length >= ATTEMPTS_KEPT) return undefined;
  return firstWrong(unrecorded, (entry) =>
    isUnknown(run, dossier, entry) ? undefined : `${id}: ${textOf(entry)} is not on record`,
  );
}

/** Of more attempts the newest stay: see `ATTEMPTS_KEPT_MAX`. */
const ATTEMPTS_KEPT = 60;

function inventedIn({ id, last, requestOf }: Dossier): string | undefined {
  return firstWrong(last.attempts, (attempt) => {
    const entry = requestOf.get(attempt);
    if (attempt.statusCode !== null && entry === undefined) {
      return `${id}: nobody gave the answer of ${textOfAttempt(attempt)}`;
    }
    const isMade = attempt.error === 'blocked' && entry !== undefined;
    return isMade ? `${id}: ${textOfAttempt(attempt)} was made` : undefined;
  });
}

/** Between the look at the clock and the request nothing takes longer. */
const STAMP_MS = 5_000;

function otherRequestIn(run: Run, { id, last, requests, accepted }: Dossier): string | undefined {
  const [first] = requests;
  if (first === undefined) return undefined;
  const { clocks } = evidenceOf(run);
  if (accepted && !carries(first, accepted)) return `${id}: ${textOf(first)} has another body`;
  return firstWrong(requests, (entry) => {
    const { headers, body, atMs, from } = entry;
    if (headers['webhook-id'] !== last.eventId) return `${id} went as ${headers['webhook-id']}`;
    if (!Buffer.from(body).equals(Buffer.from(first.body))) return `${id}: the bytes changed`;
    const stampMs = Number(headers['webhook-timestamp']) * 1_000;
    const isNow = clocks.offsetsOf(from).some((offset) => {
      const lateMs = atMs + offset - stampMs;
      return lateMs >= -STAMP_MS && lateMs < STAMP_MS + 1_000;
    });
    return isNow ? undefined : `${id}: ${textOf(entry)} is stamped ${stampMs}`;
  });
}

/** The documented body, to the byte, but for its timestamp. */
function carries(
  { body }: Entry,
  { type, data }: { readonly type: string; readonly data: unknown },
) {
  const text = Buffer.from(body).toString();
  const timestamp = /^\{"type":"[^"]*","timestamp":("[^"]*"),/.exec(text)?.[1];
  const [typeText, dataText] = [JSON.stringify(type), JSON.stringify(data)];
  return text === `{"type":${typeText},"timestamp":${timestamp},"data":${dataText}}`;
}

function strangeRequestIn(run: Run, { id, requests, integration }: Dossier): string | undefined {
  const hosts = [integration.host, ...integration.fallbackHosts];
  const isUntold = run.book.orders.some(
    ({ what, integrationId, heardAtMs }) =>
      what === 'rotate' && integrationId === integration.id && heardAtMs === undefined,
  );
  return firstWrong(requests, (entry) => {
    if (!hosts.includes(entry.host)) return `${id}: ${textOf(entry)}`;
    const isStamped = entry.verdict === 'good' || isOffBy(run, entry);
    return isStamped || (isUntold && entry.verdict === 'wrong')
      ? undefined
      : `${id}: the signature of ${textOf(entry)} is ${entry.verdict}`;
  });
}

/** So far off may a clock not be where a receiver takes a stamp for its own time. */
const TOLERANCE_MS = 5 * 60_000 - 1_000;

function isOffBy(run: Run, { from, verdict }: Entry): boolean {
  const offsets = evidenceOf(run).clocks.offsetsOf(from);
  return verdict === 'stale' && offsets.some((offset) => Math.abs(offset) >= TOLERANCE_MS);
}

const resent: Check = (run) => {
  let excused = 0;
  const wrong = firstWrong(evidenceOf(run).dossiers, (dossier) =>
    firstWrong(dossier.requests, (entry) => {
      const before = successBefore(dossier, entry);
      if (before === undefined) return undefined;
      excused += 1;
      return isExcused(run, dossier, before, entry)
        ? undefined
        : `${dossier.id}: ${textOf(entry)} after ${textOf(before)}`;
    }),
  );
  const most = ambiguousFaults(run);
  return wrong ?? (excused > most ? `${excused} requests too many by ${most} faults` : undefined);
};

/** A 2xx that its sender heard before this request, and nobody asked for another since. */
function successBefore({ requests, orders }: Dossier, entry: Entry): Entry | undefined {
  const isSuccess = ({ status, isHeard }: Entry) =>
    isHeard && status !== null && status >= 200 && status < 300;
  return requests.find(
    (one) =>
      one.atMs < entry.atMs &&
      one !== entry &&
      isSuccess(one) &&
      !orders.some((order) => asksAgain(order) && isBetween(order, one.atMs, entry.atMs)),
  );
}

/** A recovery is a job, which goes on after its order was heard. */
const JOB_MS_MAX = 86_400_000;

function isBetween(order: Dossier['orders'][number], fromMs: number, toMs: number): boolean {
  const { what, askedAtMs, heardAtMs = Number.POSITIVE_INFINITY } = order;
  const doneMs = what === 'recover' ? heardAtMs + JOB_MS_MAX : heardAtMs;
  return askedAtMs <= toMs && doneMs >= fromMs;
}

function isExcused(run: Run, dossier: Dossier, before: Entry, entry: Entry): boolean {
  if (isUnknown(run, dossier, before)) return true;
  // It was read that there is no record before there was one.
  const isYoung = isUnclaimed(run, dossier, before) || isUnclaimed(run, dossier, entry);
  const isFree = isYoung || outlastsClaim(run, before, entry);
  return isFree && entry.atMs <= recordedAtMs(dossier, before) + READ_MS;
}

/** When the store first had it on record. */
function recordedAtMs({ changes, requestOf }: Dossier, entry: Entry): number {
  const own = [...requestOf].find(([, request]) => request === entry)?.[0];
  const change = changes.find(({ after }) => after?.attempts.some(({ id }) => id === own?.id));
  return change?.atMs ?? Number.POSITIVE_INFINITY;
}

function overlapIn(run: Run, dossier: Dossier): string | undefined {
  const { id, requests, orders } = dossier;
  return firstWrong(requests, (later) => {
    const earlier = requests.find(
      (one) => one !== later && one.atMs <= later.atMs && one.untilMs > later.atMs,
    );
    if (earlier === undefined || earlier.atMs === later.atMs) return undefined;
    // Who cancels what is under way, or asks for it again, gets what he asks for.
    const isOrdered = orders.some(
      (order) => (asksAgain(order) || order.what === 'cancel') && order.askedAtMs <= later.atMs,
    );
    const isYoung = isUnclaimed(run, dossier, earlier) || isUnclaimed(run, dossier, later);
    if (isOrdered || isYoung || outlastsClaim(run, earlier, later)) return undefined;
    return `${id}: ${textOf(later)} began before ${textOf(earlier)} was over`;
  });
}

function textOf(entry: Entry): string {
  const { host, from, atMs, status, isHeard } = entry;
  const heard = isHeard ? 'heard' : 'unheard';
  return `request ${attemptOf(entry)} of ${from} to ${host} at ${atMs} (${status}, ${heard})`;
}

function textOfAttempt({ number, startedAtMs, statusCode, error }: Attempt): string {
  return `attempt ${number} at ${startedAtMs} (${statusCode ?? error})`;
}
