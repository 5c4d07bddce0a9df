import type { Run } from '../run.ts';
import { ringKey } from '../witness.ts';
import { type Checks, firstWrong } from './check.ts';
import { type Dossier, evidenceOf } from './evidence.ts';

/** What it all costs: nothing goes round in circles. */
export const EFFORT_CHECKS: Checks = {
  'a delivery that does not move is rung for a few times, and then now and again': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => rungTooOften(run, dossier)),
  'no function asks the tables more than its work is worth': (run) =>
    firstWrong(Object.keys(COMMANDS_MAX) as Counted[], (name) => tooBusy(run, name)),
};

/**
 * Doorbells between two changes: a drain rings in each of its rounds, a breaker asks for a probe,
 * and SQS is asked again where its answer is lost.
 */
const RINGS_MAX = 20;
const RING_EVERY_MS = 10_000;
/**
 * Each doorbell that finds a line busy looks again until the lock of a dead worker is over, 80 s at
 * worst: as many as seconds, of a few that do so side by side. 36 are the most that was seen.
 */
const RINGS_IN_LINE_MAX = 80;

function rungTooOften({ witness }: Run, dossier: Dossier): string | undefined {
  const { id, last, changes, integration } = dossier;
  const ringsMax = integration.isFifo ? RINGS_IN_LINE_MAX : RINGS_MAX;
  const rings = witness.rings.get(ringKey(last)) ?? [];
  const times = [0, ...changes.map(({ atMs }) => atMs), Number.POSITIVE_INFINITY];
  return firstWrong(times.entries(), ([at, fromMs]) => {
    const toMs = times[at + 1] ?? fromMs;
    const between = rings.filter((ms) => ms > fromMs && ms <= toMs);
    const [first = 0, end = 0] = [between[0], between.at(-1)];
    if (between.length <= ringsMax + (end - first) / RING_EVERY_MS) return undefined;
    return `${id} was rung for ${between.length} times from ${first} to ${end}`;
  });
}

/**
 * Commands for each invocation, of `deliver` for each of the changes that come of it: five times
 * what the first hundred seeds took at most. A story has up to a hundred deliveries, so that a tick
 * or a page of a job that goes over all of them is within it.
 */
const COMMANDS_MAX = { api: 40, publish: 60, receive: 60, work: 150, tick: 400, deliver: 60 };

type Counted = keyof typeof COMMANDS_MAX;

function tooBusy({ witness, product, watch }: Run, name: Counted): string | undefined {
  const commands = witness.commands.get(name) ?? 0;
  const changes = [...watch.changes.values()].reduce((sum, list) => sum + list.length, 0);
  const { invocations } = product.functions[name].counts;
  const work = name === 'deliver' ? changes : invocations;
  const most = COMMANDS_MAX[name] * Math.max(work, 1);
  return commands <= most ? undefined : `${name} sent ${commands} commands for ${work}`;
}
