import type { TIMEOUT_SECONDS } from '../lib/names.ts';

/** The functions of the stack, by the names that `lib/names.ts` gives them. */
export type FunctionName = keyof typeof TIMEOUT_SECONDS;

/** The queues that feed a function: three lanes of deliveries, and work in the background. */
export type QueueName = 'delivery' | 'slow' | 'drain' | 'fanOut' | 'work';

export const STAGES = ['dev', 'staging', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

/** What may differ between stages; everything else is the same everywhere. */
export interface StageSettings {
  /**
   * Days that events and deliveries stay readable and recoverable; at least the 30 that a retry
   * schedule may take (`maxAgeSeconds`), or its end would never come.
   */
  readonly retentionDays: number;
  /** One of the periods that CloudWatch Logs knows. */
  readonly logRetentionDays: 7 | 14 | 30 | 60 | 90;
  /** CPU comes with memory: 1769 MB is one core. */
  readonly memoryMb: Readonly<Record<FunctionName, number>>;
  /**
   * Batches worked on side by side, queue by queue; SQS allows 2 to 1000. The slow lane's is what
   * all integrations that hang may take together.
   */
  readonly maxConcurrency: Readonly<Record<QueueName, number>>;
  /**
   * Executions of a function that are kept for it, and are the most that it gets. `call` and `api`
   * wait for services of others: with a share of their own they leave the rest of the account's to
   * all others. The account must have 100 more than the sum, so a new one may not take any.
   *
   * @default none: all share what the account has
   */
  readonly reservedConcurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  /** Of the whole API; further requests get 429 from API Gateway before any function runs. */
  readonly throttle: { readonly perSecond: number; readonly burst: number };
  /**
   * Of each key that has no rate limit of its own. Each has a bucket to itself, but what a key
   * without the scope `admin` makes shares its bucket.
   *
   * @default none
   */
  readonly keyRateLimit?: { readonly perSecond: number; readonly burst: number };
  /** Tables and stack refuse deletion until this is turned off in a deployment of its own. */
  readonly deletionProtection: boolean;
  /** Gets a confirmation mail first; without one the alarm topic has no subscriber. */
  readonly alarmEmail?: string;
  /** A host name of yours that points at the API; shown in the URLs of sources. */
  readonly publicHost?: string;
  /**
   * Queues and event buses of this account that integrations of the types `sqs` and `eventbridge`,
   * and fallbacks, may name: exact ARNs. The functions may send to these and to no other.
   *
   * @default none
   */
  readonly targetArns?: readonly string[];
  /**
   * Private CIDR blocks that deliveries may reach, such as `10.20.0.0/16`: of use to functions in a
   * VPC. Loopback, link-local and `fd00:ec2::/32` are never among them, and names stay judged.
   *
   * @default none
   */
  readonly egressAllow?: readonly string[];
  /** For IPv6-only subnets with DNS64: `64:ff9b::/96` counts as the public IPv4 address inside. */
  readonly egressNat64?: 'decode';
}

const MEMORY_MB: StageSettings['memoryMb'] = {
  authorize: 512,
  api: 512,
  call: 512,
  publish: 512,
  receive: 512,
  deliver: 1024,
  fanOut: 512,
  tick: 512,
  work: 512,
  firstKey: 256,
};

const DEV: StageSettings = {
  retentionDays: 30,
  logRetentionDays: 7,
  memoryMb: MEMORY_MB,
  maxConcurrency: { delivery: 20, slow: 5, drain: 5, fanOut: 2, work: 2 },
  throttle: { perSecond: 100, burst: 200 },
  deletionProtection: false,
};

const SETTINGS: Readonly<Record<Stage, StageSettings>> = {
  dev: DEV,
  staging: { ...DEV, logRetentionDays: 14 },
  prod: {
    ...DEV,
    retentionDays: 45,
    logRetentionDays: 30,
    maxConcurrency: { delivery: 100, slow: 20, drain: 20, fanOut: 5, work: 5 },
    reservedConcurrency: { api: 200, call: 300 },
    throttle: { perSecond: 1000, burst: 2000 },
    keyRateLimit: { perSecond: 100, burst: 200 },
    deletionProtection: true,
  },
};

/** The settings of a stage given as `-c stage=…`; an unknown stage is an error that names all. */
export function settingsOf(stage: unknown): { readonly stage: Stage } & StageSettings {
  const known = STAGES.find((name) => name === stage);
  if (known === undefined) {
    throw new Error(`Context "stage" is ${JSON.stringify(stage)}; allowed: ${STAGES.join(', ')}`);
  }
  return { stage: known, ...SETTINGS[known] };
}
