import { describe, expect, it } from 'vitest';
import { listedFaults, randomFaults, swarm } from './faults.ts';
import { begin, run } from './running.ts';

describe('the same seed', () => {
  const busy = (seed: number, faults = randomFaults(seed, { 'kill-after': 0.01 })) =>
    run(
      (simulation) => {
        for (const name of ['a', 'b', 'c']) {
          begin(
            simulation,
            async (process) => {
              for (let n = 0; n < 30; n++) {
                await process.step(`add ${process.random.below(5)}`, () => n);
              }
            },
            name,
          );
        }
      },
      { seed, faults },
    );

  it('runs the same way to the last step', async () => {
    const [one, again, other] = await Promise.all([busy(7), busy(7), busy(8)]);
    expect(one.trace.digest()).toBe(again.trace.digest());
    expect(one.trace.lines()).toEqual(again.trace.lines());
    expect(one.trace.digest()).not.toBe(other.trace.digest());
  });

  it('runs the same way from a list of what went wrong as from the dice', async () => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    for (const seed of seeds) {
      const diced = await busy(seed);
      const listed = await busy(seed, listedFaults(diced.faults));
      expect(listed.trace.digest()).toBe(diced.trace.digest());
    }
  });

  it('leaves every other decision as it was when one fault is taken out', async () => {
    const rates = { x: 0.3, y: 0.3 };
    const ask = (faults: ReturnType<typeof randomFaults>) =>
      Array.from({ length: 50 }, (_, n) => faults.ask(`place ${n % 5}`, ['x', 'y'])?.kind);
    const all = randomFaults(3, rates);
    const kinds = ask(all);
    const [, ...rest] = all.happened;
    const without = ask(listedFaults(rest));
    const changed = kinds.filter((kind, n) => kind !== without[n]);
    expect(changed).toHaveLength(1);
  });

  it('lets nothing go wrong any more once the faults are over', async () => {
    const kinds: (string | undefined)[] = [];
    await run(
      (simulation) => {
        for (const ms of [0, 999, 1_000, 5_000]) {
          simulation.world.clock.after(ms, () => kinds.push(simulation.fault('x', ['y'])?.kind));
        }
      },
      { faults: randomFaults(1, { y: 1 }), faultsForMs: 1_000 },
    );
    expect(kinds).toEqual(['y', 'y', undefined, undefined]);
  });

  it('switches about half of the faults off in a swarm', () => {
    const rates = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, 0.1]));
    const off = Object.values(swarm(1, rates)).filter((rate) => rate === 0).length;
    expect(off).toBeGreaterThan(70);
    expect(off).toBeLessThan(130);
  });
});
