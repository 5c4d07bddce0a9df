import { sum } from './statistics.ts';

/**
 * The public list of us-east-1 in US dollars, without the free tier, on demand. What it prices is
 * counted, except for the milliseconds that Lambda bills: those are the assumption below.
 */
export const PRICES = {
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  sqsRequest: 0.4 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64, first tier. */
  lambdaGbSecond: 0.0000133334,
  httpApiRequest: 1 / 1e6,
  logGigabyte: 0.5,
  /** Active tracing samples one invocation in twenty beyond the first of each second. */
  tracedInvocation: 0.05 * (5 / 1e6),
} as const;

/**
 * Billed milliseconds of one invocation, warm: a call of DynamoDB or SQS takes 5 ms, the
 * destination answers after 100 ms, half of a batch is under way at a time.
 */
export const BILLED_MS = { authorize: 3, publish: 25, receive: 30, deliver: 230, tick: 500 };
export const MEMORY_GB = { authorize: 0.5, publish: 0.5, receive: 0.5, deliver: 1, tick: 0.5 };

export type BilledFunction = keyof typeof BILLED_MS;

/** What API Gateway logs of a request, and Lambda itself of an invocation, in bytes. */
const ACCESS_LOG_BYTES = 420;
const PLATFORM_LOG_BYTES = 350;

/** Lambda's pollers of an empty queue: five of them, each in a receive of 20 s. */
export const IDLE_RECEIVES_PER_MINUTE = 15;
export const MINUTES_PER_MONTH = 43_800;

/** What was consumed; the figures may be fractions, as per delivery. */
export interface Consumption {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly sqsRequests: number;
  readonly httpRequests: number;
  readonly invocations: Readonly<Partial<Record<BilledFunction, number>>>;
  /** What the functions themselves log. */
  readonly logBytes: number;
}

export type Dollars = Readonly<
  Record<'dynamodb' | 'sqs' | 'lambda' | 'httpApi' | 'logs' | 'tracing' | 'total', number>
>;

/** The price of `times` of it. */
export function dollars(consumption: Consumption, times: number): Dollars {
  const { writeUnits, readUnits, sqsRequests, httpRequests, logBytes } = consumption;
  const invocations = Object.entries(consumption.invocations) as [BilledFunction, number][];
  const invoked = sum(invocations.map(([, count]) => count));
  const gbSeconds = sum(
    invocations.map(([name, count]) => (count * MEMORY_GB[name] * BILLED_MS[name]) / 1_000),
  );
  const loggedBytes = logBytes + httpRequests * ACCESS_LOG_BYTES + invoked * PLATFORM_LOG_BYTES;
  const parts = {
    dynamodb: times * (writeUnits * PRICES.writeUnit + readUnits * PRICES.readUnit),
    sqs: times * sqsRequests * PRICES.sqsRequest,
    lambda: times * (invoked * PRICES.lambdaRequest + gbSeconds * PRICES.lambdaGbSecond),
    httpApi: times * httpRequests * PRICES.httpApiRequest,
    logs: ((times * loggedBytes) / 1e9) * PRICES.logGigabyte,
    tracing: times * invoked * PRICES.tracedInvocation,
  };
  return { ...parts, total: sum(Object.values(parts)) };
}
