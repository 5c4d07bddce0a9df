import type { Clock, Telemetry } from './ports.ts';

/** One check takes this long at most; an answer that comes later counts as none. */
export const CHECK_DEADLINE_MS = 2_000;
/** Answers are kept this long, so that nobody can load the tables through an open route. */
export const HEALTH_CACHED_MS = 2_000;

export interface HealthDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Each throws when what it asks does not answer. */
  readonly probes: Readonly<Record<CheckName, () => Promise<unknown>>>;
}

const CHECKS = ['registry', 'history', 'queue'] as const;
type CheckName = (typeof CHECKS)[number];

export interface Check {
  readonly status: 'ok' | 'down';
  readonly latencyMs: number;
}

export interface Readiness {
  readonly status: 'ok' | 'down';
  readonly checks: Readonly<Record<CheckName, Check>>;
}

/** Asks everything that is needed to do the work, all at once; asked again too soon, answers as before. */
export function readinessOf(deps: HealthDeps): () => Promise<Readiness> {
  let last: { readonly atMs: number; readonly readiness: Promise<Readiness> } | undefined;
  return () => {
    const nowMs = deps.clock.nowMs();
    if (last === undefined || nowMs - last.atMs >= HEALTH_CACHED_MS) {
      last = { atMs: nowMs, readiness: checkAll(deps) };
    }
    return last.readiness;
  };
}

async function checkAll(deps: HealthDeps): Promise<Readiness> {
  const [registry, history, queue] = await Promise.all([
    check(deps, 'registry'),
    check(deps, 'history'),
    check(deps, 'queue'),
  ]);
  const checks = { registry, history, queue };
  const ok = CHECKS.every((name) => checks[name].status === 'ok');
  return { status: ok ? 'ok' : 'down', checks };
}

async function check(deps: HealthDeps, name: CheckName): Promise<Check> {
  const startedAtMs = deps.clock.nowMs();
  const status = await Promise.race([
    probe(deps, name),
    deps.clock.sleep(CHECK_DEADLINE_MS).then((): Check['status'] => 'down'),
  ]);
  return { status, latencyMs: deps.clock.nowMs() - startedAtMs };
}

async function probe(deps: HealthDeps, name: CheckName): Promise<Check['status']> {
  try {
    await deps.probes[name]();
    return 'ok';
  } catch (error) {
    deps.telemetry.warn('health.check-failed', { check: name, error });
    return 'down';
  }
}
