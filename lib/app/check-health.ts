import { gate } from '../domain/breaker-gate.ts';
import { breakerOutcome, type ProbeOutcome, probeOutcome } from '../domain/breaker-outcome.ts';
import type { CheckResult } from '../domain/health.ts';
import { checkCall, checkResult, isCheckDue } from '../domain/health-check.ts';
import type { HealthCheck, Integration } from '../domain/integration.ts';
import { primaryTarget } from '../domain/target.ts';
import { throwAll } from './concurrently.ts';
import { eachFairly } from './fair-turns.ts';
import type { Clock, Integrations } from './ports.ts';
import type { HealthChecks, HealthWatch } from './ports-health.ts';
import type { CallResult, Sender } from './ports-sending.ts';
import { acquireProbe, PROBE_MARGIN_MS, type ProbeDeps, settleProbe } from './probe.ts';
import { primaryOf } from './targets.ts';
import { turned } from './turns.ts';

export interface CheckHealthDeps extends ProbeDeps {
  readonly integrations: ProbeDeps['integrations'] & Pick<Integrations, 'byId' | 'open'>;
  readonly healthChecks: Pick<HealthChecks, 'all' | 'claim' | 'record' | 'unwatch'>;
  readonly sender: Sender;
  readonly clock: Clock;
  /** Of Breakwater, as the `user-agent` says it. */
  readonly version: string;
}

/** Checks under way at a time, and those begun in one minute. */
const WIDTH = 8;
const CHECKS_MAX = 400;
/** No check begins that could still be under way this long after the run began. */
const RUN_MS = 40_000;
/** A watch is kept this long for an integration that is about to be stored. */
const UNSTORED_MS = 600_000;

/**
 * Asks every integration whose time has come how it is; the tick calls it each minute. Two at
 * once ask once. One that fails keeps no other from its turn; tenants take turns, each with those
 * asked longest ago first, so that what hangs takes the time of its own tenant.
 */
export async function runHealthChecks(
  deps: CheckHealthDeps,
  outOfTime: () => boolean,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const due = inTurn(turned(await deps.healthChecks.all(), nowMs), nowMs);
  if (due.length === 0) return;
  await deps.board.refresh();
  const fits = (ms: number) => !outOfTime() && deps.clock.nowMs() + ms <= nowMs + RUN_MS;
  const limits = { width: WIDTH, max: CHECKS_MAX };
  let left = Math.max(due.length - CHECKS_MAX, 0);
  const { errors } = await eachFairly(
    due,
    limits,
    ({ tenant }) => tenant,
    async (watch) => {
      if (!fits(0) || (await checkOne(deps, watch, fits)) === 'left') left += 1;
    },
  );
  if (left > 0) deps.telemetry.warn('health.checks-left', { count: left });
  throwAll(errors, 'Health checks');
}

/** Those that are due: first of the tenants whose last check was longest ago, each oldest first. */
function inTurn(watches: readonly HealthWatch[], nowMs: number): readonly HealthWatch[] {
  const servedAtMs = new Map<string, number>();
  for (const { tenant, claimedAtMs } of watches) {
    servedAtMs.set(tenant, Math.max(servedAtMs.get(tenant) ?? 0, claimedAtMs));
  }
  const servedOf = ({ tenant }: HealthWatch) => servedAtMs.get(tenant) ?? 0;
  return watches
    .filter((watch) => isCheckDue(watch, nowMs))
    .sort((a, b) => servedOf(a) - servedOf(b) || a.claimedAtMs - b.claimedAtMs);
}

async function checkOne(
  deps: CheckHealthDeps,
  watch: HealthWatch,
  fits: (ms: number) => boolean,
): Promise<'done' | 'left'> {
  const { tenant, integrationId } = watch;
  const integration = await deps.integrations.byId(integrationId, tenant);
  const check = integration?.healthCheck;
  const fitsOnce = () => fits((check?.timeoutSeconds ?? 0) * 1_000);
  if (!fitsOnce()) return 'left';
  const nowMs = deps.clock.nowMs();
  // Also of one that is not asked: it goes to the end of the line.
  if ((await deps.healthChecks.claim(watch, nowMs)) === 'taken') return 'done';
  if (integration === undefined || check === undefined) {
    if (nowMs - watch.watchedAtMs > UNSTORED_MS) await deps.healthChecks.unwatch(watch);
    return 'done';
  }
  // Its receiver wanted no more of us.
  if (integration.status === 'disabled') return 'done';
  const { healthCheck: opened = check } = await deps.integrations.open(integration);
  const result = await ask(deps, integration, opened, fitsOnce);
  const { intervalSeconds } = check;
  const failuresInRow = result.ok ? 0 : watch.failuresInRow + 1;
  await deps.healthChecks.record(
    { integrationId, claimedAtMs: nowMs, intervalSeconds },
    { result, failuresInRow },
  );
  const { ok, statusCode, error, latencyMs } = result;
  deps.telemetry.info('health.checked', {
    ...{ tenant, integrationId, integration: integration.name },
    ...{ outcome: ok ? 'success' : 'failure', statusCode, error, latencyMs },
  });
  return 'done';
}

/**
 * One request; where the breaker wants to be probed, as many as it takes while each goes well, so
 * that an integration without traffic recovers.
 */
async function ask(
  deps: CheckHealthDeps,
  integration: Integration,
  check: HealthCheck,
  fits: () => boolean,
): Promise<CheckResult> {
  const sign = deps.board.sign(primaryOf(integration));
  const wants = gate(sign, integration.breaker, deps.clock.nowMs());
  // A check that fails does not open a breaker: it may be about another part of the service.
  if (wants.kind !== 'probe') return (await askOnce(deps, check)).result;
  const leaseMs = check.timeoutSeconds * 1_000 + PROBE_MARGIN_MS;
  const target = primaryTarget(integration);
  let last: CheckResult | undefined;
  for (let call = 0; call < integration.breaker.halfOpenCalls && fits(); call++) {
    const probe = await acquireProbe(deps, target, leaseMs);
    if (typeof probe === 'string') break;
    const { result, answer } = await askOnce(deps, check);
    last = result;
    const { outcome, notBeforeMs } = asProbe(result, answer, integration, deps.clock.nowMs());
    if (!(await settleProbe(deps, target, probe, outcome, notBeforeMs))) break;
  }
  return last ?? (await askOnce(deps, check)).result;
}

async function askOnce(deps: CheckHealthDeps, check: HealthCheck) {
  const answer = await deps.sender.send(checkCall(check, deps.version));
  return { answer, result: checkResult(answer, check, deps.clock.nowMs()) };
}

/** What the answer means to a breaker that asked for it. */
function asProbe(
  result: CheckResult,
  answer: CallResult,
  { breaker }: Integration,
  nowMs: number,
): { readonly outcome: ProbeOutcome; readonly notBeforeMs?: number } {
  if (result.ok) return { outcome: 'success' };
  const judged = breakerOutcome(answer, breaker, nowMs);
  const outcome = probeOutcome(judged);
  // The host lives, and is not what the check wants of it.
  if (outcome === 'success') return { outcome: 'failure' };
  return { outcome, ...(judged.kind === 'down' && { notBeforeMs: nowMs + judged.forMs }) };
}
