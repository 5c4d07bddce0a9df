import { describe, expect, it } from 'vitest';
import { listedFaults, randomFaults } from './faults.ts';
import { everyKillPoint, everyPair, type Scenario } from './kill-points.ts';
import { shrink } from './shrink.ts';
import type { Report } from './simulate.ts';
import { counters, type InboxBug, inbox, letter, type ToyOptions } from './toys.ts';

const SEEDS = 200;
const KILLS = { 'kill-before': 0.03, 'kill-after': 0.03 };
const MANY_KILLS = { 'kill-before': 0.1, 'kill-after': 0.1 };

type Toy = (options: ToyOptions) => Promise<Report>;

/** The reports of the seeds that failed. */
async function failing(toy: Toy, rates = {}): Promise<readonly Report[]> {
  const failed: Report[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const report = await toy({ seed, faults: randomFaults(seed, rates) });
    if (report.failure !== undefined) failed.push(report);
  }
  return failed;
}

const inboxWith =
  (bug?: InboxBug): Toy =>
  (options) =>
    inbox(options, bug);
const killing =
  (toy: Toy): Scenario =>
  (faults) =>
    toy({ seed: 1, faults, listsKillPoints: true });

describe('random seeds find', () => {
  it.each<[string, Toy, Toy, Record<string, number>]>([
    ['a lost update', (o) => counters(o, true), (o) => counters(o, false), {}],
    ['a missing lease', (o) => letter(o, true), (o) => letter(o, false), {}],
    ['an acknowledgement before the write', inboxWith('acknowledges-first'), inboxWith(), KILLS],
    ['a message given up too early', inboxWith('gives-up-early'), inboxWith(), MANY_KILLS],
  ])('%s, and nothing wrong without it', async (_, broken, sound, rates) => {
    expect((await failing(broken, rates)).length).toBeGreaterThan(0);
    expect(await failing(sound, rates)).toEqual([]);
  });
});

describe('killing at every point', () => {
  it('finds an acknowledgement before the write', async () => {
    const { points, runs, failures } = await everyKillPoint(
      killing(inboxWith('acknowledges-first')),
    );
    expect(runs).toBe(1 + 2 * points);
    // One point for each of three messages, on both sides of the write and after the acknowledgement.
    expect(failures.map(({ failure }) => failure).sort()).toEqual([
      ...['lost: 1', 'lost: 1', 'lost: 2', 'lost: 2', 'lost: 3', 'lost: 3'],
    ]);
  });

  it('finds nothing in what is sound, whichever two kills there are', async () => {
    const { failures, runs } = await everyPair(killing(inboxWith()));
    expect(failures).toEqual([]);
    expect(runs).toBeGreaterThan(300);
  });

  it('needs two kills for what one cannot bring out', async () => {
    const scenario = killing(inboxWith('gives-up-early'));
    expect((await everyKillPoint(scenario)).failures).toEqual([]);
    const { failures } = await everyPair(scenario);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]?.faults).toHaveLength(2);
  });

  it('looks only where it is told to, and never stops half way unseen', async () => {
    const scenario = killing(inboxWith());
    const picks = (point: string) => point.endsWith('#1');
    expect(await everyKillPoint(scenario, { picks })).toMatchObject({ points: 1, runs: 3 });
    await expect(everyPair(scenario, { runsMax: 50 })).rejects.toThrow('More than 50 runs.');
  });
});

describe('shrinking', () => {
  it('leaves of many faults the few kills that matter, each of which is needed', async () => {
    const rates = { ...KILLS, 'clock-back': 0.2, 'clock-forward': 0.2, 'skew-back': 0.5 };
    const toy = inboxWith('acknowledges-first');
    const failed = await failing(toy, rates);
    const worst = failed.reduce((a, b) => (a.faults.length > b.faults.length ? a : b));
    expect(worst.faults.length).toBeGreaterThan(3);
    const run = async (faults: Report['faults']) =>
      (await toy({ seed: worst.seed, faults: listedFaults(faults) })).failure;
    const shrunk = await shrink(run, worst.faults);
    const left = shrunk?.faults ?? [];
    expect(left.map(({ kind }) => kind.slice(0, 5))).toEqual(left.map(() => 'kill-'));
    expect(left.length).toBeLessThan(worst.faults.length);
    for (const spared of left) {
      expect(await run(left.filter((fault) => fault !== spared))).toBeUndefined();
    }
  });

  it('tells a list that needs none of its faults, and one that does not fail', async () => {
    expect(await shrink(async () => 'always', [1, 2, 3])).toMatchObject({ faults: [], runs: 2 });
    expect(await shrink(async () => undefined, [1, 2, 3])).toBeUndefined();
  });

  it('finds what only fails together, in few runs', async () => {
    const all = Array.from({ length: 64 }, (_, n) => n);
    const needed = [3, 31, 60];
    const run = async (list: readonly number[]) =>
      needed.every((n) => list.includes(n)) ? 'three' : undefined;
    const shrunk = await shrink(run, all);
    expect(shrunk?.faults).toEqual(needed);
    expect(shrunk?.runs).toBeLessThan(150);
  });

  it('does not take another failure for the one looked for', async () => {
    const run = async (list: readonly number[]) => (list.includes(7) ? 'wanted' : 'other');
    const shrunk = await shrink(run, [1, 7, 9], (failure) => failure === 'wanted');
    expect(shrunk).toMatchObject({ faults: [7], failure: 'wanted' });
  });
});
