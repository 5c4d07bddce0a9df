import { auditLog } from '../app/audit.ts';
import { beginningAtWrites } from '../app/audit-begin.ts';
import { type Recorder, recording } from '../app/audit-recorder.ts';
import {
  audited,
  type ChangeAsked,
  type ChangeAuditDeps,
  type Recorded,
} from '../app/audited-change.ts';
import { RequestError } from '../domain/errors.ts';
import type { RouteOf } from '../names.ts';
import { type AuditRule, CHANGES, READINGS, type Unaudited } from './audit-rules.ts';
import { subjectOf } from './audit-subject.ts';
import { prefersCsv, type Reply } from './reply.ts';
import type { KeyedRequest } from './request.ts';
import type { Route } from './route.ts';
import { type ApiDeps, apiRoutes } from './routes.ts';

export type AuditedDeps = ApiDeps & ChangeAuditDeps;

type Routes = Readonly<Record<RouteOf<'api'>, Route>>;

/** The routes of the control plane, each change and each reading of secrets told of in the audit log. */
export function auditedRoutes(deps: AuditedDeps): Routes {
  const routes: Routes = apiRoutes(deps);
  const wrapped = Object.entries(routes).map(([key, route]) => {
    if (route.scope === null) return [key, route];
    const change = ruleOf(CHANGES, key);
    if (change !== undefined) {
      const answer = (request: KeyedRequest) =>
        changed(deps, key as RouteOf<'api'>, change, request);
      return [key, { ...route, answer }];
    }
    const reading = ruleOf(READINGS, key);
    if (reading === undefined) return [key, route];
    return [
      key,
      { ...route, answer: (request: KeyedRequest) => read(deps, route, reading, request) },
    ];
  });
  return Object.fromEntries(wrapped) as Routes;
}

type Rule = AuditRule & { readonly exportsOnly?: true };

function ruleOf(rules: Readonly<Record<string, Rule | Unaudited>>, key: string): Rule | undefined {
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  return rule === undefined || 'unaudited' in rule ? undefined : rule;
}

/** Makes the change on stores of its own, which note what it stores. */
async function changed(
  deps: AuditedDeps,
  key: RouteOf<'api'>,
  rule: Rule,
  request: KeyedRequest,
): Promise<Reply> {
  const asked = await askedOf(deps, request, rule);
  let recorder: Recorder | undefined;
  return await audited(deps, {
    asked,
    beginsItself: true,
    async work(begin) {
      const recorded = recording(beginningAtWrites(deps, begin));
      recorder = recorded.recorder;
      const route: Route = (apiRoutes(recorded.stores) as Routes)[key];
      return await (route as Extract<Route, { scope: string }>).answer(request);
    },
    recorded: () => recorder && recordedOf(recorder, rule, asked),
    actionOf: (recorded) => {
      const isNew = recorded !== undefined && recorded.before === null && recorded.after !== null;
      return isNew ? (rule.creates ?? rule.action) : rule.action;
    },
  });
}

async function askedOf(deps: AuditedDeps, request: KeyedRequest, rule: Rule): Promise<ChangeAsked> {
  const { keyId, name } = request.principal;
  return {
    ...(await subjectOf(deps, request, rule)),
    actor: { kind: 'key', keyId, name },
    action: rule.action,
    requestId: request.id,
    sourceIp: request.sourceIp,
  };
}

/** One thing as it was and is; of several, each under its id. */
function recordedOf(recorder: Recorder, rule: Rule, asked: ChangeAsked): Recorded | undefined {
  const { kind, shows = kind === 'event' ? 'delivery' : kind } = rule;
  const changes = recorder.of(shows);
  const [first, ...more] = changes;
  if (first === undefined) return undefined;
  const resource = shows === kind && rule.param === undefined ? first.resource : asked.resource;
  const own = changes.find((change) => change.resource.id === asked.resource.id) ?? first;
  const { tenant } = own;
  if (more.length === 0 && shows === kind) return first;
  const byId = (of: 'before' | 'after') =>
    Object.fromEntries(changes.map((change) => [change.resource.id ?? '', change[of]]));
  return { tenant, resource, before: byId('before'), after: byId('after') };
}

/** What is read goes out only when its entry is in the chain. */
async function read(
  deps: AuditedDeps,
  route: Extract<Route, { scope: string }>,
  rule: Rule,
  request: KeyedRequest,
): Promise<Reply> {
  const isExport = prefersCsv(request.headers.accept);
  if (rule.exportsOnly && !isExport) return await route.answer(request);
  const reply = await route.answer(request);
  if (reply.statusCode >= 300) return reply;
  try {
    const { before: _, ...asked } = await askedOf(deps, request, rule);
    await auditLog(deps).event({ ...asked, outcome: 'succeeded' });
  } catch (cause) {
    const message = 'The audit log cannot be written now, so this cannot be read; try again.';
    throw new RequestError('unavailable', message, { cause });
  }
  return reply;
}
