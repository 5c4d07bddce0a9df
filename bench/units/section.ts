import { dollars, IDLE_RECEIVES_PER_MINUTE, MINUTES_PER_MONTH } from '../prices.ts';
import { startReceiver } from '../receiver.ts';
import { atMost, exactly, type Row, type Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { rounded } from '../statistics.ts';
import { type Figures, figuresOf, minuteAtRest, shown } from './figures.ts';
import { linesOf } from './functions.ts';
import { agreement, hottest, type Share } from './ledger.ts';
import { type Measured, measure } from './measure.ts';
import { BUSY, SCENARIOS } from './scenarios.ts';
import { QUEUES } from './world.ts';

const BUDGETS = { writeUnits: 4, readUnits: 3, sqsSingly: 1.25, sqsInTens: 0.35 };
/** One partition in eight, and what chance adds to the fullest of eight among a thousand. */
const HOTTEST_MAX = 0.17;

/** Capacity units and requests per delivery, counted on what the functions ask the stand-ins. */
export async function unitsSection(scratch: Scratch, dist: string): Promise<Section> {
  const receiver = await startReceiver();
  scratch.onEnd(() => receiver.stop());
  const place = { scratch, dist, receiver };
  const measured: Measured[] = [];
  for (const scenario of SCENARIOS) measured.push(await measure(scenario, place));
  const busy = await measure(BUSY, place);

  const figures = measured.map(figuresOf);
  const all = [...measured, busy].flatMap(entriesOf);
  const standIn = agreement(all);
  const temperatures = heat(busy);
  return {
    name: 'units',
    rows: [
      ...figures.flatMap(rowsOf),
      ...lineRows(measured),
      ...dollarRows(figures, measured),
      ...temperatures.rows,
    ],
    notes: [
      ...NOTES,
      `dynoxide’s own figures, which it rounds by the same rules: ${standIn.compared} requests ` +
        `compared, ${standIn.differing} differ. It says nothing of refused writes; those are ours.`,
    ],
    details: { figures, standIn, heat: temperatures.details },
  };
}

const NOTES = [
  'each figure is per delivery, over publish, deliver and both looks of the tick, from cold ' +
    'functions on; units are computed from the items that went over the wire (1 KiB per write, ' +
    '4 KiB per read, each index for itself).',
  'SQS: our sends, and ReceiveMessage and DeleteMessageBatch of a poller whose batches of ten are ' +
    'full. Alone, a message takes a receive and a delete of its own: see the row of the cold system.',
  'a breaker that is well is not stored: each instance of a function reads, at most every 5 s, ' +
    'which are not; that is in the reads.',
  'dollars: list prices of us-east-1 without free tier; Lambda’s billed milliseconds are assumed ' +
    '(bench/prices.ts); traffic to the internet, KMS, secrets and alarms are not in it.',
];

function rowsOf({ name, title, each, eventBytes, deliveryBytes }: Figures): readonly Row[] {
  const { writeUnits, readUnits, sqsRequests } = shown(each);
  const hasBudget = name === 'singly' || name === 'tens';
  const sqsMax = name === 'singly' ? BUDGETS.sqsSingly : BUDGETS.sqsInTens;
  return [
    {
      what: `${title}: writes`,
      figure: writeUnits,
      unit: `WRU (rows ≤ ${eventBytes} and ${deliveryBytes} B)`,
      ...(hasBudget && { budget: atMost(writeUnits, BUDGETS.writeUnits) }),
    },
    {
      what: `${title}: reads`,
      figure: readUnits,
      unit: 'RRU',
      ...(hasBudget && { budget: atMost(readUnits, BUDGETS.readUnits) }),
    },
    {
      what: `${title}: SQS`,
      figure: sqsRequests,
      unit: 'requests',
      ...(hasBudget && { budget: atMost(sqsRequests, sqsMax) }),
    },
  ];
}

/** The design allows one line for each accept and one for each attempt. */
function lineRows(measured: readonly Measured[]): readonly Row[] {
  const singly = measured.find(({ scenario }) => scenario.name === 'singly');
  if (singly === undefined) return [];
  return (['accept', 'deliver'] as const).map((phase) => {
    const { activity } = singly[phase];
    const messages = [...new Set(activity.flatMap(({ lines }) => Object.keys(lines)))];
    const lines = messages
      .filter((message) => message !== '(metrics)')
      .map((message) => ({
        message,
        each: linesOf(activity, message) / singly.scenario.deliveries,
      }));
    const each = rounded(lines.reduce((total, line) => total + line.each, 0));
    return {
      what: `log lines per ${phase === 'accept' ? 'accept' : 'attempt'}, metrics apart`,
      figure: each,
      unit: lines.map(({ message }) => message).join(' + '),
      budget: exactly(each, 1),
    };
  });
}

function dollarRows(figures: readonly Figures[], measured: readonly Measured[]): readonly Row[] {
  const priced = figures.map(({ title, dollarsPerMillion: parts }) => ({
    what: `a million deliveries, ${title}`,
    figure: rounded(parts.total),
    unit: `$, of these DynamoDB ${rounded(parts.dynamodb)}, logs ${rounded(parts.logs)}`,
  }));
  const [first] = measured;
  if (first === undefined) return priced;
  const minute = minuteAtRest(first);
  const receives = {
    ...minute,
    sqsRequests: minute.sqsRequests + QUEUES.length * IDLE_RECEIVES_PER_MINUTE,
  };
  const month = dollars(receives, MINUTES_PER_MONTH);
  return [
    ...priced,
    {
      what: `a month at rest: tick, and pollers of ${QUEUES.length} queues`,
      figure: rounded(month.total),
      unit: `$; each minute ${minute.writeUnits} WRU, ${minute.readUnits} RRU per tenant`,
    },
  ];
}

/** The busiest partition keys of what a thousand deliveries to one integration write. */
function heat(busy: Measured): { readonly rows: readonly Row[]; readonly details: unknown } {
  const entries = [...busy.accept.entries, ...busy.deliver.entries].map((entry) => ({
    ...entry,
    shares: entry.shares.map(byTimeline),
  }));
  const writes = hottest(entries, 'write');
  const rows = writes.map(({ resource, share, keys }) => ({
    what: `busiest partition of ${resource}`,
    figure: share,
    unit: `of its writes, over ${keys} keys`,
    ...(resource.includes('timeline') && { budget: atMost(share, HOTTEST_MAX) }),
  }));
  return { rows, details: { writes, reads: hottest(entries, 'read') } };
}

/** The timelines of events and of deliveries share an index, and each is spread on its own. */
function byTimeline(share: Share): Share {
  if (share.resource !== 'history/timeline') return share;
  const of = share.partition.startsWith('E#') ? 'events' : 'deliveries';
  return { ...share, resource: `${share.resource} of ${of}` };
}

function entriesOf({ accept, deliver, compare, idle, recount, rest }: Measured) {
  return [accept, deliver, compare, idle, recount, rest].flatMap(({ entries }) => entries);
}
