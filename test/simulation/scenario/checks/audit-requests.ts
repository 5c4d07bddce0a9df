import { type AuditEntry, parseEntry } from '../../../../lib/domain/audit.ts';
import { type AuditRule, CHANGES, READINGS } from '../../../../lib/edge/audit-rules.ts';
import { ROUTES, type RouteKey } from '../../../../lib/names.ts';
import { TABLE_NAMES } from '../../product/settings.ts';
import type { AskedOnce } from '../requests.ts';
import type { Run } from '../run.ts';
import { type Checks, firstWrong } from './check.ts';

/** Whatever was changed by a request, of whatever kind, is told of once, and nothing else is. */
export const AUDIT_REQUEST_CHECKS: Checks = {
  'every change that somebody asked for has its entry in the audit log, and one alone': (run) =>
    untold(entriesOf(run), run.requests),
};

function entriesOf({ product }: Run): readonly AuditEntry[] {
  const rows = product.db.model.tables.get(TABLE_NAMES.audit)?.rows() ?? [];
  const entries = [...rows].filter(({ pk }) => pk?.S?.startsWith('AUDIT#'));
  return entries.flatMap(({ doc }) => parseEntry(doc?.S ?? '') ?? []);
}

/** The first request whose entries are not those that it should have. */
export function untold(
  entries: readonly AuditEntry[],
  { asked, wrote }: Pick<Run['requests'], 'asked' | 'wrote'>,
): string | undefined {
  const own = Map.groupBy(entries, ({ requestId }) => requestId);
  const known = new Set(asked.map(({ id }) => id));
  const stranger = entries.find(
    ({ actor, requestId }) => actor.kind === 'key' && !known.has(requestId ?? ''),
  );
  if (stranger !== undefined) return `${stranger.action} is told of, and nobody asked for it`;
  return firstWrong(asked, (request) => {
    const wrong = wrongOf(request, own.get(request.id) ?? [], wrote.get(request.id) ?? []);
    return (
      wrong && `${request.method} ${request.path} (${request.id}, ${request.status}): ${wrong}`
    );
  });
}

function wrongOf(
  { routeKey, status, isReplay }: AskedOnce,
  entries: readonly AuditEntry[],
  wrote: readonly string[],
): string | undefined {
  const rule = ruleOf(routeKey);
  if (rule === undefined) {
    const isTraffic = ROUTES[routeKey as RouteKey] !== 'api';
    if (!isTraffic && wrote[0] !== undefined) return `nobody tells of ${wrote[0]}`;
    return entries[0] && `${entries[0].action} is told of, and that is no change`;
  }
  const other = entries.find(({ action }) => action !== rule.action && action !== rule.creates);
  if (other !== undefined) return `it is told of as ${other.action}`;
  const interrupted = entries.filter(({ outcome }) => outcome === 'interrupted').length;
  const ended = entries.length - interrupted;
  // Whoever was frozen until the tick had told of its end tells of it again: its caller heard 503.
  const most = status >= 500 ? 2 : 1;
  if (entries.length > most || ended > 1 || interrupted > 1) return `told ${entries.length} times`;
  if (wrote.length > 0 && entries.length === 0) return `nobody tells of ${wrote[0]}`;
  if (status < 300 && !isReplay && entries.length === 0) return 'nobody tells of it';
  // What could not be forgotten is told of by the tick, as something that may have been done.
  const isRefused = status >= 400 && status < 500 && wrote.length === 0;
  return isRefused && ended > 0 ? 'it was refused, and is told of as done' : undefined;
}

type Rule = AuditRule & { readonly exportsOnly?: true };

/** Undefined of what is no change, or is traffic; nobody in the scenario exports anything. */
function ruleOf(routeKey: string): Rule | undefined {
  const rules: Readonly<Record<string, Rule | { readonly unaudited: string }>> = {
    ...CHANGES,
    ...READINGS,
  };
  const rule = rules[routeKey];
  if (rule === undefined || 'unaudited' in rule || rule.exportsOnly) return undefined;
  return rule;
}
