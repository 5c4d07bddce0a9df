import { noAnswer, serverError, throttled } from './errors.ts';
import type { Dice, Fault, Request, Weaknesses } from './weaknesses.ts';

interface Metadata {
  readonly $metadata: {
    readonly httpStatusCode: number;
    readonly attempts: number;
    readonly totalRetryDelay: number;
  };
}

export interface NetworkOptions {
  readonly weaknesses: Weaknesses;
  readonly dice: Dice;
  readonly fault: (request: Request) => Fault;
  /** Virtual time; without it nothing takes any. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Plans what is done at a time, whoever may have died by then. */
  readonly later: (inMs: number, work: () => unknown) => void;
}

/** As the SDK waits: twice as long each time, after a throttle longer. */
const RETRY_BASE_MS = 50;
const THROTTLED_RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 20_000;

type Outcome<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | { readonly kind: 'failed'; readonly error: Error; readonly retryBaseMs: number };

/** Runs a command through the network and its faults. `work` throws what DynamoDB refuses. */
export async function sendThrough<T extends object>(
  options: NetworkOptions,
  request: Omit<Request, 'attempt'>,
  work: () => T,
): Promise<T & Metadata> {
  const { attemptsMax } = options.weaknesses;
  let totalRetryDelay = 0;
  for (let attempt = 1; ; attempt++) {
    const fault = options.fault({ ...request, attempt });
    const isPlain = fault === 'none' && options.weaknesses.latencyMs === 0;
    const outcome = isPlain ? answerOf(work) : await sendOnce(options, fault, work);
    if (outcome.kind === 'answer') {
      const $metadata = { httpStatusCode: 200, attempts: attempt, totalRetryDelay };
      return Object.assign(outcome.answer, { $metadata });
    }
    if (attempt >= attemptsMax) throw outcome.error;
    const mostMs = Math.min(outcome.retryBaseMs * 2 ** (attempt - 1), RETRY_MAX_MS);
    const delayMs = Math.floor(options.dice.unit() * mostMs);
    totalRetryDelay += delayMs;
    await pause(options, delayMs);
  }
}

function pause({ sleep }: NetworkOptions, ms: number): Promise<void> | undefined {
  return ms > 0 ? sleep(ms) : undefined;
}

function answerOf<T>(work: () => T): Outcome<T> {
  return { kind: 'answer', answer: work() };
}

async function sendOnce<T>(
  options: NetworkOptions,
  fault: Fault,
  work: () => T,
): Promise<Outcome<T>> {
  const { dice, weaknesses } = options;
  if (fault === 'slow') return sendSlowly(options, work);
  const latencyMs = weaknesses.latencyMs === 0 ? 0 : Math.round(weaknesses.latencyMs * dice.unit());
  const thereMs = latencyMs === 0 ? 0 : Math.round(latencyMs * dice.unit());
  if (thereMs > 0) await pause(options, thereMs);
  switch (fault) {
    case 'throttle': {
      const error = throttled(dice.unit() < 0.5);
      return { kind: 'failed', error, retryBaseMs: THROTTLED_RETRY_BASE_MS };
    }
    case 'lost-before':
      return unanswered(options);
    case 'lost-after': {
      done(work);
      if (dice.unit() < 0.5) return unanswered(options);
      await pause(options, latencyMs - thereMs);
      return { kind: 'failed', error: serverError(), retryBaseMs: RETRY_BASE_MS };
    }
    case 'none': {
      const answer = work();
      if (latencyMs > thereMs) await pause(options, latencyMs - thereMs);
      return { kind: 'answer', answer };
    }
  }
}

/** The connection broke, or nothing came in time. */
async function unanswered({ weaknesses, dice, sleep }: NetworkOptions): Promise<Outcome<never>> {
  const how = dice.unit() < 0.5 ? 'reset' : 'timeout';
  if (how === 'timeout') await sleep(weaknesses.timeoutMs);
  return { kind: 'failed', error: noAnswer(how), retryBaseMs: RETRY_BASE_MS };
}

async function sendSlowly<T>(options: NetworkOptions, work: () => T): Promise<Outcome<T>> {
  const { dice, weaknesses, later } = options;
  const { slowMs, timeoutMs } = weaknesses;
  const wholeMs = Math.round(slowMs * dice.unit());
  const thereMs = Math.round(wholeMs * dice.unit());
  if (thereMs >= timeoutMs) {
    later(thereMs, () => done(work));
    await pause(options, timeoutMs);
    return { kind: 'failed', error: noAnswer('timeout'), retryBaseMs: RETRY_BASE_MS };
  }
  await pause(options, thereMs);
  if (wholeMs < timeoutMs) {
    const answer = work();
    await pause(options, wholeMs - thereMs);
    return { kind: 'answer', answer };
  }
  done(work);
  await pause(options, timeoutMs - thereMs);
  return { kind: 'failed', error: noAnswer('timeout'), retryBaseMs: RETRY_BASE_MS };
}

/** Nobody hears what became of it, a refusal neither; what the model does not know is still said. */
function done(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && '$fault' in error;
}
