import {
  type AuditActor,
  type AuditDraft,
  type AuditResource,
  boundedDraft,
} from '../domain/audit.ts';
import { RequestError, STATUS_OF } from '../domain/errors.ts';
import { type AuditDeps, appendOnce, draftOf, newAuditId } from './audit.ts';
import { chainEnd } from './audit-end.ts';
import type { Telemetry } from './ports.ts';
import type { AuditIntent, AuditIntents } from './ports-audit.ts';

export interface ChangeAuditDeps extends AuditDeps {
  readonly auditIntents: AuditIntents;
  readonly telemetry: AuditDeps['telemetry'] & Pick<Telemetry, 'warn'>;
}

/** A change that somebody asks for, as far as it is known before it is made. */
export interface ChangeAsked {
  /** Whose chain it will be in, by what the request says. */
  readonly tenant: string;
  readonly actor: AuditActor;
  readonly action: string;
  readonly resource: AuditResource;
  readonly requestId?: string | undefined;
  readonly sourceIp?: string | undefined;
  /** How it was, where that is known: for the entry of a request that dies. */
  readonly before?: unknown;
}

/** What has been stored, as the stores saw it; absent: nothing. */
export interface Recorded {
  readonly tenant: string;
  readonly resource: AuditResource;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Change<T> {
  readonly asked: ChangeAsked;
  /**
   * `begin` has been called before it, unless it calls that itself, before it changes anything; with
   * `true` before what `recorded` will not know of.
   */
  readonly work: (begin: (isUnrecorded: boolean) => Promise<unknown>) => Promise<T>;
  readonly beginsItself?: true;
  /** Called when the work is over. */
  readonly recorded: () => Recorded | undefined;
  /** What the change was, seen from its end: something was made, or changed. */
  readonly actionOf?: (recorded: Recorded | undefined) => string;
  /** Whether this result is of nothing that happened: then there is no entry either. */
  readonly isNothing?: (result: T) => boolean;
}

/**
 * Makes a change that is in the audit log whatever happens: what is to be done is stored before it,
 * or it is not made (503); its entry is in the chain before that is forgotten. Killed in between,
 * the tick adds the entry. A change that is refused, and has done nothing, leaves no entry.
 */
export async function audited<T>(deps: ChangeAuditDeps, change: Change<T>): Promise<T> {
  let begun: Promise<AuditIntent> | undefined;
  const beginOnce = () => {
    begun ??= begin(deps, change.asked);
    return begun;
  };
  if (!change.beginsItself) await beginOnce();
  let hasActed = false;
  let result: T;
  try {
    result = await change.work((isUnrecorded) => {
      hasActed ||= isUnrecorded;
      return beginOnce();
    });
  } catch (error) {
    const recorded = change.recorded();
    // What was not begun has changed nothing.
    const intent = await begun?.catch(() => undefined);
    if (intent === undefined) throw error;
    if (recorded === undefined && !hasActed && isRefusal(error)) await forget(deps, intent);
    else await settle(deps, intent, endedAs(intent.draft, 'failed', change, recorded));
    throw error;
  }
  const intent = await beginOnce();
  if (change.isNothing?.(result)) await forget(deps, intent);
  else await settle(deps, intent, endedAs(intent.draft, 'succeeded', change, change.recorded()));
  return result;
}

async function begin(deps: ChangeAuditDeps, asked: ChangeAsked): Promise<AuditIntent> {
  const draft = boundedDraft(draftOf({ ...asked, outcome: 'interrupted' }, newAuditId(deps)));
  try {
    const end = await chainEnd(deps.auditTrail, draft.tenant);
    const intent = { draft, atMs: deps.clock.nowMs(), end };
    await deps.auditIntents.put(intent);
    return intent;
  } catch (cause) {
    const message = 'The audit log cannot be written now, and nothing was changed; try again.';
    throw new RequestError('unavailable', message, { cause });
  }
}

function endedAs<T>(
  draft: AuditDraft,
  outcome: 'succeeded' | 'failed',
  { actionOf }: Change<T>,
  recorded: Recorded | undefined,
): AuditDraft {
  const action = actionOf?.(recorded) ?? draft.action;
  // As the tick can store it too, should it have to.
  const bare = { ...draft, before: null, after: null };
  return boundedDraft({ ...bare, outcome, action, ...recorded });
}

/** Nothing was stored, and the caller is told why. */
function isRefusal(error: unknown): boolean {
  return error instanceof RequestError && STATUS_OF[error.code] < 500;
}

/** What is not forgotten becomes an entry that says more than happened, never less. */
async function forget({ auditIntents, telemetry }: ChangeAuditDeps, { draft }: AuditIntent) {
  try {
    await auditIntents.remove(draft.id);
  } catch (error) {
    telemetry.warn('audit.not-forgotten', { id: draft.id, tenant: draft.tenant, error });
  }
}

/** Never throws: the change is made or not, and the tick has the intent. */
async function settle(deps: ChangeAuditDeps, intent: AuditIntent, draft: AuditDraft) {
  try {
    const end = await endFor(deps, intent, draft);
    const { entry, isNew } = await appendOnce(deps, draft, end);
    // Frozen for so long that the tick took it for dead: what became of it is told once more.
    if (!isNew && entry.outcome === 'interrupted') {
      await appendOnce(deps, { ...draft, id: newAuditId(deps) }, end);
    }
    await deps.auditIntents.remove(draft.id);
  } catch (error) {
    const { id, tenant } = draft;
    deps.telemetry.warn('audit.deferred', { id, tenant, error });
    await tellTick(deps, { ...intent, draft }, intent.draft.tenant === tenant);
  }
}

/** The end of the entry's chain before it; where that is another than was thought, it is stored. */
async function endFor(deps: ChangeAuditDeps, intent: AuditIntent, draft: AuditDraft) {
  if (draft.tenant === intent.draft.tenant) return intent.end;
  const end = await chainEnd(deps.auditTrail, draft.tenant);
  await deps.auditIntents.put({ ...intent, draft, end });
  return end;
}

/** So that the tick's entry says how it ended; where even that fails, it says less. */
async function tellTick(deps: ChangeAuditDeps, intent: AuditIntent, isSameChain: boolean) {
  if (!isSameChain) return;
  try {
    await deps.auditIntents.put(intent);
  } catch (error) {
    deps.telemetry.warn('audit.untold', { id: intent.draft.id, error });
  }
}

/** Longer than any request may live: who has not told of its change by then is dead. */
export const INTERRUPTED_MS = 180_000;
/** Intents seen to in one minute. */
const COMPLETED_MAX = 200;

/** Adds the entries of changes whose requests died; the tick calls it each minute. */
export async function completeIntents(
  deps: ChangeAuditDeps,
  outOfTime: () => boolean,
): Promise<number> {
  const nowMs = deps.clock.nowMs();
  const old = (await deps.auditIntents.oldest(COMPLETED_MAX)).filter(
    ({ atMs }) => nowMs - atMs > INTERRUPTED_MS,
  );
  const errors: unknown[] = [];
  let completed = 0;
  for (const { draft, end } of old) {
    if (outOfTime()) break;
    try {
      await appendOnce(deps, draft, end);
      await deps.auditIntents.remove(draft.id);
      completed += 1;
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'Audit entries could not be completed.');
  return completed;
}
