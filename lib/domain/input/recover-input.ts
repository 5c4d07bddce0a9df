import * as z from 'zod/mini';
import { type FieldError, shown } from '../errors.ts';
import { INSTANT_RULE, parseInstant } from '../event-input.ts';
import { instant } from '../instant.ts';
import type { JsonObject } from '../merge-patch.ts';
import { RECOVER_STATUSES, type RecoverRequest, type RecoverStatus } from '../recovery.ts';
import { parseBody } from './body.ts';
import { fields, flag, notAChoice, refusal, refusing } from './field.ts';

export interface RecoverRule {
  readonly nowMs: number;
  /** How long deliveries are kept. */
  readonly retentionDays: number;
}

const DAY_MS = 86_400_000;
const STATUS_RULE = `one of ${RECOVER_STATUSES.join(', ')}, or a list of them`;

export const recoverSchema = fields({
  since: z.string(refusing(INSTANT_RULE)),
  until: z.optional(z.string(refusing(INSTANT_RULE))),
  status: z.optional(z.unknown()),
  dryRun: z._default(flag(), false),
});

/**
 * Reads what is to be recovered. Without `until`, or with one that is still to come, everything
 * that was accepted up to now.
 */
export function parseRecover(body: unknown, rule: RecoverRule): RecoverRequest {
  const { since, until, status, dryRun } = parseBody(recoverSchema, body, {
    also: (given) => [...rangeProblems(given, rule), ...statusProblems(given.status)],
  });
  const untilMs = until === undefined ? undefined : parseInstant(until);
  return {
    sinceMs: parseInstant(since) ?? 0,
    untilMs: Math.min(untilMs ?? rule.nowMs, rule.nowMs),
    statuses: [...new Set(listed(status) as readonly RecoverStatus[])],
    dryRun,
  };
}

function rangeProblems(given: JsonObject, rule: RecoverRule): readonly FieldError[] {
  const since = instantOf(given, 'since');
  const until = instantOf(given, 'until');
  const problems = [since, until].flatMap(({ problem }) => problem ?? []);
  if (since.atMs === undefined) return problems;
  const refuse = (path: 'since' | 'until', allowed: string) =>
    problems.push({ path, message: `${quoted(given[path])} is not allowed: ${allowed}` });
  const oldestMs = rule.nowMs - rule.retentionDays * DAY_MS;
  if (since.atMs <= oldestMs) {
    const kept = `deliveries are kept for ${rule.retentionDays} days`;
    refuse('since', `after ${instant(oldestMs)}, ${kept}`);
  } else if (since.atMs >= rule.nowMs) {
    refuse('since', `before ${instant(rule.nowMs)}, which is now`);
  }
  if (until.atMs !== undefined && until.atMs <= since.atMs) refuse('until', 'later than since');
  return problems;
}

/** A text in the field as a time; what is no text is the schema's to refuse. */
function instantOf(given: JsonObject, path: 'since' | 'until') {
  const text = given[path];
  if (typeof text !== 'string') return {};
  const atMs = parseInstant(text);
  return atMs === undefined
    ? { problem: { path, message: refusal(text, INSTANT_RULE) } }
    : { atMs };
}

function statusProblems(status: unknown): readonly FieldError[] {
  if (status === undefined) return [];
  if (Array.isArray(status) ? status.length === 0 : typeof status !== 'string') {
    return [{ path: 'status', message: refusal(status, STATUS_RULE) }];
  }
  const known: readonly unknown[] = RECOVER_STATUSES;
  return listed(status).flatMap((one, i) => {
    if (known.includes(one)) return [];
    const path = Array.isArray(status) ? `status.${i}` : 'status';
    return [{ path, message: notAChoice(one, RECOVER_STATUSES) }];
  });
}

function listed(status: unknown): readonly unknown[] {
  if (status === undefined) return ['failed'];
  return Array.isArray(status) ? status : [status];
}

function quoted(value: unknown): string {
  return JSON.stringify(shown(value));
}
