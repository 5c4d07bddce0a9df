import { RequestError } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import type { Claims, Clock, Random, Telemetry } from './ports.ts';

/** How long an idempotency key is remembered. */
export const IDEMPOTENCY_KEPT_MS = 86_400_000;
/** A sealed answer longer than this does not fit into an item beside its key. */
const SEALED_CHARS_MAX = 350_000;

export interface IdempotencyDeps {
  readonly claims: Claims;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Answers hold secrets (a new key, a new signing secret), so they are stored encrypted. */
  readonly sealer: {
    seal(plain: string, context: string): Promise<string>;
    open(sealed: string, context: string): Promise<string>;
  };
}

/** The answer of a finished request. */
export interface KeptAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OnceRequest {
  /** The caller and its idempotency key: two callers never share one. */
  readonly key: string;
  readonly fingerprint: string;
  /** Longer than the function may run: a claim older than that is of a run that died. */
  readonly leaseMs: number;
}

/** What a run knows of its claim. */
export interface Run {
  /** A ULID, the same when a run that died is run again: ids made of it are the same too. */
  readonly seed: string;
  /** An earlier run of this request died, and may have done its work. */
  readonly again: boolean;
}

/**
 * Runs `work` once per key: the first caller runs it, later ones get its answer. Answers from 500
 * up, 429 and thrown errors are not kept, so the next try runs anew. Of an answer that is too large
 * to be kept later callers get what `instead` makes of it: the work is not done again.
 */
export async function once<A extends KeptAnswer>(
  deps: IdempotencyDeps,
  request: OnceRequest,
  work: (run: Run) => Promise<A>,
  instead?: (tooLarge: A) => A,
): Promise<{ readonly answer: A; readonly replayed: boolean }> {
  const nowMs = deps.clock.nowMs();
  const { key, fingerprint, leaseMs } = request;
  const seed = ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES));
  const taken = await deps.claims.take(
    { key, fingerprint, seed, createdAtMs: nowMs, leaseUntilMs: nowMs + leaseMs },
    nowMs + IDEMPOTENCY_KEPT_MS,
    nowMs,
  );
  const { claim } = taken;
  if (taken.kind === 'taken') {
    const run = { seed: claim.seed, again: claim.seed !== seed };
    return { answer: await firstRun(deps, request, run, { work, instead }), replayed: false };
  }
  if (claim.fingerprint !== fingerprint) {
    throw new RequestError(
      'idempotency-key-reused',
      'idempotency-key: it was used for another request (method, path, tenant or body differ); ' +
        'give a new request a new key.',
      { fields: [{ path: 'idempotency-key', message: 'was used for another request' }] },
    );
  }
  if (claim.answer === undefined) {
    const waitSeconds = Math.max(1, Math.ceil((claim.leaseUntilMs - nowMs) / 1_000));
    throw new RequestError(
      'request-in-progress',
      'idempotency-key: the first request with this key is still running; try again shortly.',
      { headers: { 'retry-after': String(Math.min(waitSeconds, 5)) } },
    );
  }
  const text = await deps.sealer.open(claim.answer.body, contextOf(request));
  return { answer: JSON.parse(text) as A, replayed: true };
}

async function firstRun<A extends KeptAnswer>(
  deps: IdempotencyDeps,
  request: OnceRequest,
  run: Run,
  { work, instead }: { work: (run: Run) => Promise<A>; instead: ((tooLarge: A) => A) | undefined },
): Promise<A> {
  let answer: A;
  try {
    answer = await work(run);
  } catch (error) {
    await settle(deps, () => deps.claims.release(request.key, run.seed));
    throw error;
  }
  await settle(deps, async () => {
    if (answer.statusCode >= 500 || answer.statusCode === 429) {
      return deps.claims.release(request.key, run.seed);
    }
    const seal = (kept: A) => deps.sealer.seal(JSON.stringify(kept), contextOf(request));
    const whole = await seal(answer);
    if (whole.length > SEALED_CHARS_MAX && instead === undefined) {
      throw new RangeError(`An answer of ${whole.length} characters cannot be kept.`);
    }
    const kept = whole.length > SEALED_CHARS_MAX && instead ? instead(answer) : answer;
    const body = kept === answer ? whole : await seal(kept);
    return deps.claims.finish(request.key, run.seed, { statusCode: kept.statusCode, body });
  });
  return answer;
}

/** The work is done or has failed: what becomes of its claim must not change the answer. */
async function settle(deps: IdempotencyDeps, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    deps.telemetry.error('idempotency.not-settled', { error });
  }
}

function contextOf({ key, fingerprint }: OnceRequest): string {
  return `${key}\n${fingerprint}`;
}
