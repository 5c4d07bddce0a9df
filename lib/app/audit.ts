import {
  type AuditActor,
  type AuditDraft,
  type AuditEntry,
  type AuditId,
  type AuditOutcome,
  type AuditResource,
  type ChainEnd,
  type ChainHead,
  endOf,
  entryAfter,
  NO_TENANT,
} from '../domain/audit.ts';
import { RequestError } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import { chainEnd, lookBeyond } from './audit-end.ts';
import { isHeld, tellBroken } from './audit-held.ts';
import type { Clock, Random, Telemetry } from './ports.ts';
import type { AuditTrail } from './ports-audit.ts';

export interface AuditDeps {
  readonly auditTrail: AuditTrail;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly random: Random;
  readonly telemetry: Pick<Telemetry, 'info' | 'error' | 'count'>;
}

/** Something that has happened, and is to be in the audit log. No secret may be in any of it. */
export interface AuditEvent {
  /** Whose chain it goes to; left out: the chain of what belongs to no tenant. */
  readonly tenant?: string | undefined;
  readonly actor: AuditActor;
  /** `kind.verb`, such as `auth.locked-out`. */
  readonly action: string;
  readonly resource: AuditResource;
  readonly outcome: AuditOutcome;
  readonly requestId?: string | undefined;
  readonly sourceIp?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What others may tell the audit log. */
export interface Audit {
  /** Adds an entry to its chain; throws if it could not be stored, or may not have been. */
  event(event: AuditEvent): Promise<AuditEntry>;
}

export function auditLog(deps: AuditDeps): Audit {
  return {
    async event(event) {
      const draft = draftOf(event, newAuditId(deps));
      const end = await chainEnd(deps.auditTrail, draft.tenant);
      return (await appendOnce(deps, draft, end)).entry;
    },
  };
}

export function newAuditId({ clock, random }: Pick<AuditDeps, 'clock' | 'random'>): AuditId {
  return `aud_${ulid(clock.nowMs(), random.bytes(ID_RANDOM_BYTES))}`;
}

export function draftOf(event: AuditEvent, id: AuditId): AuditDraft {
  const { tenant = NO_TENANT, actor, action, resource, outcome } = event;
  const { requestId = null, sourceIp = null, before = null, after = null } = event;
  const said = { actor, action, resource, outcome, requestId, sourceIp, before, after };
  return { id, tenant, ...said };
}

/** Appends that lose a race to others are made again behind them. */
const RACES_MAX = 300;
/** Whoever waits for an entry has other things to do, in 15 seconds or in 29. */
export const RACES_MS_MAX = 8_000;
const WAIT_MS = 10;
const WAIT_MS_MAX = 500;

/**
 * Adds the entry to its chain unless it is there already, after `end`: of many that append the same
 * entry at the same time, one does. Whoever puts an entry has read all that is before it.
 */
export async function appendOnce(
  deps: AuditDeps,
  draft: AuditDraft,
  end: ChainEnd,
): Promise<{ readonly entry: AuditEntry; readonly isNew: boolean }> {
  const untilMs = deps.clock.nowMs() + RACES_MS_MAX;
  let last = end;
  for (let race = 0; race < RACES_MAX; race++) {
    const entry = entryAfter(last, draft, deps.clock.nowMs());
    if ((await deps.auditTrail.append(entry)) === 'appended') {
      await coverHead(deps, draft.tenant, entry, untilMs);
      logEntry(deps, entry);
      return { entry, isNew: true };
    }
    await aside(deps, race);
    const seen = await lookBeyond(deps.auditTrail, draft.tenant, last, draft.id);
    if (seen.found !== undefined) {
      await coverHead(deps, draft.tenant, seen.found, untilMs);
      logEntry(deps, seen.found);
      return { entry: seen.found, isNew: false };
    }
    last = seen.end;
    if (deps.clock.nowMs() > untilMs) break;
  }
  throw outage('Others were faster each time, or the next place of the chain is taken');
}

/** Lets others go first, ever longer. */
async function aside({ clock, random }: AuditDeps, race: number): Promise<void> {
  await clock.sleep(Math.ceil(Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** race) * random.unit()));
}

function outage(why: string): RequestError {
  return new RequestError('unavailable', `The audit log could not be written in time. ${why}.`);
}

/**
 * Notes beside the chain that it goes as far as this entry. Done before anybody forgets about the
 * entry, so that an end that is cut off is missed. Where the chain does not hold what was noted
 * before, the note stays as it is, for the verification to find.
 */
async function coverHead(
  deps: AuditDeps,
  tenant: string,
  entry: AuditEntry,
  untilMs: number,
): Promise<void> {
  const { auditTrail, telemetry } = deps;
  for (let race = 0; race < RACES_MAX; race++) {
    const noted = await auditTrail.anchor(tenant);
    if (noted !== undefined) {
      const stands = await holds(deps, tenant, noted, entry);
      if (!stands) return tellBroken(telemetry, { tenant, seq: noted.seq, hash: noted.hash });
      if (noted.seq >= entry.seq) return;
    }
    const { seq, hash } = endOf(entry);
    if ((await auditTrail.moveAnchor(tenant, noted, { seq, hash })) === 'moved') return;
    if (deps.clock.nowMs() > untilMs) break;
    await aside(deps, race);
  }
  throw outage('How far the chain goes is noted by others each time');
}

/** Whether the chain has the noted entry; most often it is the one before, and nothing is read. */
async function holds(
  { auditTrail }: AuditDeps,
  tenant: string,
  noted: ChainHead,
  entry: AuditEntry,
): Promise<boolean> {
  if (noted.seq === entry.seq) return noted.hash === entry.hash;
  if (noted.seq === entry.seq - 1) return noted.hash === entry.prevHash;
  return await isHeld(auditTrail, tenant, noted);
}

/** The second anchor: who keeps the logs knows every head there has been. */
function logEntry({ telemetry }: AuditDeps, entry: AuditEntry): void {
  const { id, seq, hash, tenant, action, outcome, requestId, resource, actor } = entry;
  telemetry.info('audit.appended', {
    ...{ id, seq, hash, tenant, action, outcome, resource: resource.id ?? resource.name },
    ...(requestId !== null && { requestId }),
    ...(actor.kind === 'key' && { keyId: actor.keyId }),
  });
}
