import { AwsError, type AwsInput } from '../../../lib/local/aws-json.ts';
import type { Fault } from '../kernel/faults.ts';
import type { Process } from '../kernel/process.ts';
import type { ModelSqs } from './model.ts';
import type { Ask, Weaknesses } from './weaknesses.ts';

export interface Way {
  readonly process: Process;
  readonly model: ModelSqs;
  readonly weaknesses: Weaknesses;
  readonly unit: (of: string) => number;
  readonly ask: Ask;
}

export interface Request {
  readonly name: string;
  readonly input: AwsInput;
}

const ON_THE_WAY = ['sqs-throttled', 'sqs-lost-before', 'sqs-lost-after', 'sqs-slow'];
const RETRY_BASE_MS = 100;

/** A command through the network and its faults, sent again as the SDK does. */
export async function sendThrough(way: Way, request: Request): Promise<object> {
  const { process, weaknesses, unit } = way;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await sendOnce(way, request);
      return { ...answer, $metadata: { httpStatusCode: 200, attempts: attempt } };
    } catch (error) {
      if (!(error instanceof SdkError)) throw error;
      if (!error.isTransient || attempt >= weaknesses.attemptsMax) throw error;
    }
    await process.clock.sleep(RETRY_BASE_MS * 2 ** (attempt - 1) * unit(process.name));
  }
}

async function sendOnce(way: Way, { name, input }: Request): Promise<object> {
  const { process, model, weaknesses, ask } = way;
  const what = `sqs.${name}`;
  const place = `${process.name} ${what}`;
  const isBatch = name === 'SendMessageBatch';
  const fault = ask(place, isBatch ? [...ON_THE_WAY, 'sqs-partial'] : ON_THE_WAY);
  const done = () => requested(model, name, input);
  switch (fault?.kind) {
    case 'sqs-throttled':
      await process.step(what, () => undefined);
      throw new SdkError('ThrottlingException', 'Rate exceeded', 400, true);
    case 'sqs-lost-before':
    case 'sqs-lost-after':
      await process.step(what, fault.kind === 'sqs-lost-after' ? unheard(done) : () => undefined);
      return unanswered(process, weaknesses.timeoutMs);
    case 'sqs-slow': {
      const arrivesMs = weaknesses.timeoutMs + weaknesses.slowMs * fault.amount;
      await process.step(what, () => void model.clock.after(arrivesMs, unheard(done)));
      return unanswered(process, weaknesses.timeoutMs);
    }
    case 'sqs-partial':
      return process.step(what, () => partly(model, input, fault));
    default:
      return process.step(what, done);
  }
}

async function unanswered(process: Process, timeoutMs: number): Promise<never> {
  await process.clock.sleep(timeoutMs);
  throw new SdkError('TimeoutError', `No answer within ${timeoutMs} ms`, undefined, true);
}

/** Nobody hears what became of it. */
function unheard(work: () => object | Promise<object>): () => void {
  return () => {
    try {
      void work();
    } catch (error) {
      if (!(error instanceof SdkError)) throw error;
    }
  };
}

function requested(model: ModelSqs, name: string, input: AwsInput): object | Promise<object> {
  try {
    const answer = model.request(name, input);
    return answer instanceof Promise ? answer.catch(translated) : answer;
  } catch (error) {
    return translated(error);
  }
}

/** As the SDK throws it. */
function translated(error: unknown): never {
  if (!(error instanceof AwsError)) throw error;
  throw new SdkError(error.code, error.message, error.status, error.status >= 500);
}

class SdkError extends Error {
  readonly isTransient: boolean;
  readonly $fault: 'client' | 'server';
  readonly $metadata: { readonly httpStatusCode?: number };

  constructor(name: string, message: string, status: number | undefined, isTransient: boolean) {
    super(message);
    this.name = name;
    this.isTransient = isTransient;
    this.$fault = status === undefined || status < 500 ? 'client' : 'server';
    this.$metadata = status === undefined ? {} : { httpStatusCode: status };
  }
}

/** At least one entry is refused by the service, the others are taken. */
function partly(model: ModelSqs, input: AwsInput, { amount }: Fault): object {
  const entries = (input.Entries ?? []) as readonly AwsInput[];
  const count = Math.max(1, Math.ceil(entries.length * amount));
  const first = Math.floor(entries.length * amount * 7) % Math.max(1, entries.length);
  const isRefused = (at: number) => (at - first + entries.length) % entries.length < count;
  const refused = entries.filter((_, at) => isRefused(at));
  const taken = entries.filter((_, at) => !isRefused(at));
  const Failed = refused.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' }));
  if (taken.length === 0) return { Successful: [], Failed };
  const answer = requested(model, 'SendMessageBatch', { ...input, Entries: taken }) as {
    readonly Successful: readonly object[];
    readonly Failed: readonly object[];
  };
  return { Successful: answer.Successful, Failed: [...answer.Failed, ...Failed] };
}
