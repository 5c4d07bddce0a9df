import { type BilledFunction, type Consumption, dollars } from '../prices.ts';
import { rounded, sum } from '../statistics.ts';
import { breakdown, type Entry, unitsOf } from './ledger.ts';
import type { Measured } from './measure.ts';
import type { Usage } from './world.ts';

/** What one delivery of a scenario takes, the tick's part in it included. */
export interface Figures {
  readonly name: string;
  readonly title: string;
  readonly deliveries: number;
  readonly each: Consumption;
  /** Largest rows written, in bytes as DynamoDB counts them. */
  readonly eventBytes: number;
  readonly deliveryBytes: number;
  readonly dollarsPerMillion: ReturnType<typeof dollars>;
  /** By function, operation and resource; without the tick. */
  readonly breakdown: ReturnType<typeof breakdown>;
}

const MILLION = 1_000_000;

export function figuresOf(measured: Measured): Figures {
  const { scenario, accept, deliver, compare, idle, recount, rest } = measured;
  const { name, title, deliveries } = scenario;
  const minutes: readonly [Usage, Usage][] = [
    [compare, idle],
    [recount, rest],
  ];
  const ticked = (of: (usage: Usage) => number) =>
    sum(minutes.map(([busy, quiet]) => of(busy) - of(quiet)));
  const perDelivery = (of: (usage: Usage) => number) =>
    (of(accept) + of(deliver) + ticked(of)) / deliveries;
  const each = {
    writeUnits: perDelivery((usage) => unitsOf(usage.entries, 'write')),
    readUnits: perDelivery((usage) => unitsOf(usage.entries, 'read')),
    sqsRequests: perDelivery(sqsRequests),
    httpRequests: perDelivery((usage) => usage.httpRequests),
    logBytes: perDelivery((usage) => sum(usage.activity.map(({ logBytes }) => logBytes))),
    invocations: invocationsOf([accept, deliver], deliveries),
  };
  const entries = [...accept.entries, ...deliver.entries];
  return {
    name,
    title,
    deliveries,
    each,
    eventBytes: largestRow(accept.entries),
    deliveryBytes: largestRow(deliver.entries),
    dollarsPerMillion: dollars(each, MILLION),
    breakdown: breakdown(entries, deliveries),
  };
}

/** What a minute takes with one tenant and nothing to do, the tick alone. */
export function minuteAtRest({ rest }: Measured): Consumption {
  return {
    writeUnits: unitsOf(rest.entries, 'write'),
    readUnits: unitsOf(rest.entries, 'read'),
    sqsRequests: sqsRequests(rest),
    httpRequests: 0,
    logBytes: sum(rest.activity.map(({ logBytes }) => logBytes)),
    invocations: { tick: 1 },
  };
}

/** Receives that found nothing are of a queue at rest, not of a delivery. */
function sqsRequests({ entries }: Usage): number {
  return unitsOf(
    entries.filter(({ operation }) => operation !== 'ReceiveMessage (empty)'),
    'sqs',
  );
}

function invocationsOf(usages: readonly Usage[], deliveries: number): Consumption['invocations'] {
  const counts: Partial<Record<BilledFunction, number>> = {};
  for (const { caller, invocations } of usages.flatMap(({ activity }) => activity)) {
    if (caller === 'api') throw new Error('The control plane has no part in a delivery.');
    counts[caller] = (counts[caller] ?? 0) + invocations / deliveries;
  }
  return counts;
}

function largestRow(entries: readonly Entry[]): number {
  const puts = entries.filter(
    ({ kind, shares }) => kind === 'write' && shares[0]?.resource === 'history',
  );
  return Math.max(0, ...puts.map(({ bytes }) => bytes));
}

/** The figures as they are shown: as many digits as mean something. */
export function shown({ writeUnits, readUnits, sqsRequests }: Consumption) {
  return {
    writeUnits: rounded(writeUnits),
    readUnits: rounded(readUnits),
    sqsRequests: rounded(sqsRequests),
  };
}
