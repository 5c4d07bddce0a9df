import { atMost, exactly, type Row, type Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { rounded, sum } from '../statistics.ts';
import { type Drill, type Plan, runDrill } from './drill.ts';
import { mostWithin, orderOf } from './order.ts';
import { openPlace, type Usage } from './place.ts';

/** A limit's burst is one second's worth: what it lets through in one second, and in five. */
const BURST_SECONDS = 1;

/** Deliveries held during an outage, let go after it, with another outage in the middle. */
export async function outageSection(scratch: Scratch, plan: Plan): Promise<Section> {
  const place = await openPlace(scratch);
  const drill = await runDrill(place, plan);
  await place.stop();
  return {
    name: 'outage',
    rows: [...holdRows(drill), ...releaseRows(drill), ...rateRows(drill), ...secondRows(drill)],
    notes: NOTES,
    details: detailsOf(drill),
  };
}

const NOTES = [
  'the local run with every request of its functions to the tables counted; units are computed ' +
    'from the items (1 KiB per write, 4 KiB per read, each index for itself); SQS as billed, ' +
    'without receives that found nothing.',
  'held: from when every instance knew that the breaker was open, and what had opened it was held ' +
    'too, until the tick had compared all events with their deliveries; accepting is in it.',
  'released: from the end of the open period until all had arrived, the probes, the second outage ' +
    'and the ticks in it; in runs of more than ten minutes the reconciler’s second count too.',
  'order: of the deliveries that arrived at their first attempt, by acceptance in milliseconds.',
];

function holdRows({ plan, hold, tickAtRest, tickWhileHeld }: Drill): readonly Row[] {
  const { held, usage } = hold;
  const count = held.length;
  // Its only work while everything is held.
  const tokens = sumOf(usage.invocations, /Work/);
  const spent = sum(held.map(({ attempts }) => attempts)) + hold.requests;
  return [
    {
      what: 'held',
      figure: count,
      unit: `of ${plan.deliveries} published in ${Math.round(usage.seconds)} s`,
      budget: exactly(count, plan.deliveries),
    },
    { what: 'attempts spent on them', figure: spent, unit: '', budget: exactly(spent, 0) },
    {
      what: 'SQS messages sent for them',
      figure: usage.sends,
      unit: `requests, of these ${tokens} for the probe’s token, which lasts 15 minutes`,
      budget: exactly(usage.sends, tokens),
    },
    { what: 'each one held, events included', ...each(usage, count) },
    { what: 'a tick at rest', ...each(tickAtRest, 1) },
    { what: 'a tick while all are held', ...each(tickWhileHeld, 1) },
  ];
}

function releaseRows({ accepted, release, arrivals, drainSeconds }: Drill): readonly Row[] {
  const taken = arrivals.filter(({ id, times, refused }) => accepted.has(id) && times > refused);
  const lost = accepted.size - taken.length;
  const twice = taken.filter(({ times, refused }) => times - refused > 1).length;
  return [
    { what: 'each one released', ...each(release, taken.length) },
    { what: 'lost', figure: lost, unit: `of ${accepted.size}`, budget: exactly(lost, 0) },
    { what: 'came twice', figure: twice, unit: 'deliveries', budget: exactly(twice, 0) },
    {
      what: 'from the end of the open period to the last arrival',
      figure: Math.round(drainSeconds),
      unit: 's',
    },
  ];
}

function rateRows({ plan, times, ...drill }: Drill): readonly Row[] {
  const { perSecond } = plan;
  const row = (seconds: number): Row => {
    const most = mostWithin(times, seconds * 1_000);
    const max = (seconds + BURST_SECONDS) * perSecond;
    return {
      what: `most requests within ${seconds} s, at a limit of ${perSecond}/s`,
      figure: most,
      unit: `${rounded(most / seconds, 1)}/s`,
      budget: atMost(most, max),
    };
  };
  const { inversions, displacement } = orderOf(agesOf(drill));
  return [
    row(1),
    row(5),
    row(60),
    {
      what: 'pairs out of the order of age',
      figure: rounded(inversions * 100, 3),
      unit: `%, the farthest by ${displacement} places`,
    },
  ];
}

/** When they were accepted, in the order of their arrival. */
function agesOf({ hold, arrivals }: Pick<Drill, 'hold' | 'arrivals'>): readonly number[] {
  const ages = new Map(hold.held.map(({ event, createdAt }) => [event, Date.parse(createdAt)]));
  return arrivals
    .filter(({ refused }) => refused === 0)
    .toSorted((a, b) => a.firstAtMs - b.firstAtMs)
    .flatMap(({ id }) => ages.get(id) ?? []);
}

function secondRows({ second, accepted }: Drill): readonly Row[] {
  const { takenBefore, attempts, held, waiting } = second;
  return [
    {
      what: 'second outage: attempts spent',
      figure: attempts,
      unit: `after ${takenBefore} had arrived`,
    },
    {
      what: 'second outage: stay held',
      figure: held,
      unit: `and ${waiting} waiting for a retry, of ${accepted.size - takenBefore}`,
      budget: exactly(held + waiting, accepted.size - takenBefore),
    },
  ];
}

function sumOf(counts: Readonly<Record<string, number>>, name: RegExp): number {
  return sum(Object.entries(counts).flatMap(([key, n]) => (name.test(key) ? [n] : [])));
}

function each(usage: Usage, count: number): Pick<Row, 'figure' | 'unit'> {
  const per = (figure: number) => rounded(figure / count);
  return {
    figure: `${per(usage.writeUnits)} / ${per(usage.readUnits)} / ${per(usage.sqsRequests)}`,
    unit: `WRU / RRU / SQS requests; ${per(usage.writes)} writes, ${per(usage.reads)} reads`,
  };
}

function detailsOf({ hold, arrivals, times, accepted, ...rest }: Drill) {
  const { held, ...holding } = hold;
  return {
    ...rest,
    accepted: accepted.size,
    arrivals: arrivals.length,
    requests: times.length,
    hold: { ...holding, held: held.length },
  };
}
