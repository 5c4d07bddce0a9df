import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LambdaFunction, lambdaFunction } from '../../lib/local/lambda.ts';
import { ENV, TIMEOUT_SECONDS } from '../../lib/names.ts';
import { sum } from '../statistics.ts';

export const FUNCTIONS = ['authorize', 'api', 'publish', 'receive', 'deliver'] as const;
export type FunctionName = (typeof FUNCTIONS)[number] | 'tick';

/** What one function did since the last look. */
export interface Activity {
  readonly caller: FunctionName;
  readonly invocations: number;
  /** Of its own log, embedded metrics included. */
  readonly logBytes: number;
  /** Log lines by their message; `(metrics)` for those in CloudWatch's embedded format. */
  readonly lines: Readonly<Record<string, number>>;
}

export interface Functions {
  invoke(name: FunctionName, event: unknown): Promise<unknown>;
  /** The minute's work as it would be done `aheadMs` from now. */
  tickAhead(aheadMs: number): Promise<void>;
  takeActivity(): readonly Activity[];
  /** Ends every environment; the next invocation is a cold start. */
  stop(): Promise<void>;
}

export interface Endpoints {
  dynamodbOf(caller: string): string;
  sqsOf(caller: string): string;
  readonly secretsManager: string;
  readonly deliveryQueueUrl: string;
  readonly slowQueueUrl: string;
  readonly drainQueueUrl: string;
  readonly workQueueUrl: string;
  readonly fanOutQueueUrl: string;
  readonly pepperSecretId: string;
  readonly kms: string;
  readonly secretsKeyArn: string;
  readonly digestKeyArn: string;
}

const MEMORY_MB = 512;

/** The bundles that deploy, each in an environment of its own, frozen between invocations. */
export function startFunctions(dist: string, folder: string, endpoints: Endpoints): Functions {
  const loaded = new Map<string, LambdaFunction>();
  let activity = new Map<FunctionName, Tally>();
  const tallyOf = (name: FunctionName): Tally => {
    const tally = activity.get(name) ?? { invocations: 0, logBytes: 0, lines: {} };
    activity.set(name, tally);
    return tally;
  };

  async function invoke(name: FunctionName, file: string, event: unknown): Promise<unknown> {
    const fn = loaded.get(file) ?? start(name, file);
    loaded.set(file, fn);
    tallyOf(name).invocations += 1;
    const result = await fn.invoke(event);
    if (result.kind === 'answer') return JSON.parse(result.payload);
    throw new Error(`${name} failed: ${JSON.stringify(result)}`);
  }

  function start(name: FunctionName, file: string): LambdaFunction {
    const spec = {
      name,
      file,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      exportName: 'handler',
      timeoutMs: TIMEOUT_SECONDS[name] * 1_000,
      memoryMb: MEMORY_MB,
      environment: environmentOf(endpoints),
    };
    return lambdaFunction(spec, {
      region: 'us-east-1',
      variables: {
        AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodbOf(name),
        AWS_ENDPOINT_URL_SQS: endpoints.sqsOf(name),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
        AWS_ENDPOINT_URL_KMS: endpoints.kms,
      },
      concurrencyMax: 1,
      onLine: (_, line) => noteLine(tallyOf(name), line),
    });
  }

  async function stop(): Promise<void> {
    const fns = [...loaded.values()];
    loaded.clear();
    await Promise.all(fns.map((fn) => fn.stop()));
  }

  return {
    invoke: (name, event) => invoke(name, join(dist, name, 'index.js'), event),
    async tickAhead(aheadMs) {
      const file = join(folder, 'tick.cjs');
      await writeFile(file, withOwnClock(join(dist, 'tick', 'index.js')));
      await invoke('tick', file, { aheadMs });
    },
    takeActivity() {
      const taken = [...activity].map(([caller, tally]) => ({ caller, ...tally }));
      activity = new Map();
      return taken;
    },
    stop,
  };
}

interface Tally {
  invocations: number;
  logBytes: number;
  lines: Record<string, number>;
}

/** What CloudWatch adds to each line it ingests. */
const LINE_OVERHEAD_BYTES = 26;

function noteLine(tally: Tally, line: string): void {
  const message = messageOf(line);
  tally.logBytes += Buffer.byteLength(line) + LINE_OVERHEAD_BYTES;
  tally.lines[message] = (tally.lines[message] ?? 0) + 1;
}

function messageOf(line: string): string {
  if (!line.startsWith('{')) return '(plain)';
  const entry = JSON.parse(line) as { readonly message?: string; readonly _aws?: unknown };
  return entry._aws === undefined ? (entry.message ?? '(none)') : '(metrics)';
}

/** How many log lines had this message, over all functions. */
export function linesOf(activity: readonly Activity[], message: string): number {
  return sum(activity.map(({ lines }) => lines[message] ?? 0));
}

/** Waiting for the tick's minutes would make the bench slow, so its clock is moved instead. */
function withOwnClock(file: string): string {
  return `
    const now = Date.now;
    let aheadMs = 0;
    Date.now = () => now() + aheadMs;
    const { handler } = require(${JSON.stringify(file)});
    exports.handler = (event, context) => {
      aheadMs = event.aheadMs;
      const remaining = context.getRemainingTimeInMillis;
      return handler(event, { ...context, getRemainingTimeInMillis: () => remaining() + aheadMs });
    };`;
}

function environmentOf(endpoints: Endpoints): Record<string, string> {
  return {
    [ENV.stage]: 'dev',
    [ENV.version]: '0.0.0',
    [ENV.egress]: 'loopback',
    [ENV.ownHosts]: 'api.example.com',
    [ENV.registryTable]: 'registry',
    [ENV.historyTable]: 'history',
    [ENV.stateTable]: 'state',
    [ENV.auditTable]: 'audit',
    [ENV.deliveryQueueUrl]: endpoints.deliveryQueueUrl,
    [ENV.slowQueueUrl]: endpoints.slowQueueUrl,
    [ENV.drainQueueUrl]: endpoints.drainQueueUrl,
    [ENV.workQueueUrl]: endpoints.workQueueUrl,
    [ENV.fanOutQueueUrl]: endpoints.fanOutQueueUrl,
    [ENV.pepperSecretId]: endpoints.pepperSecretId,
    [ENV.secretsKeyArn]: endpoints.secretsKeyArn,
    [ENV.digestKeyArn]: endpoints.digestKeyArn,
    [ENV.adminKeySecretId]: endpoints.pepperSecretId,
    [ENV.retentionDays]: '30',
  };
}
