import { setTimeout as realSleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Fault, listedFaults } from './faults.ts';
import type { Process } from './process.ts';
import { begin, run } from './running.ts';
import { type Simulation, START_MS, story } from './simulate.ts';

const kill = (kind: string, n: number): Fault => ({ at: `p#${n}`, kind, amount: 0 });

describe('virtual time', () => {
  it('passes by what is slept, and by nothing else', async () => {
    const seen: number[] = [];
    const began = performance.now();
    const { ranMs } = await run((simulation) => {
      begin(simulation, async ({ clock }) => {
        for (const ms of [60_000, 5, 0]) {
          await clock.sleep(ms);
          seen.push(clock.nowMs() - START_MS);
        }
      });
    });
    expect(seen).toEqual([60_000, 60_005, 60_005]);
    expect(ranMs).toBe(60_005);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('lets all promises settle before it goes on, ticks and long chains too', async () => {
    const order: string[] = [];
    await run((simulation) => {
      begin(simulation, async ({ clock }) => {
        clock.after(0, () => order.push('next event'));
        for (let n = 0; n < 1_000; n++) await undefined;
        await new Promise<void>((resolve) => process.nextTick(resolve));
        order.push('settled');
        await clock.sleep(1);
      });
    });
    expect(order).toEqual(['settled', 'next event']);
  });

  it('takes a cancelled timer back', async () => {
    let rang = 0;
    await run((simulation) => {
      const { clock } = simulation.world;
      const cancel = clock.after(10, () => rang++);
      clock.after(10, () => rang++);
      clock.after(5, cancel);
    });
    expect(rang).toBe(1);
  });

  it('gives a process a clock that is off, and jumps, only by a fault', async () => {
    const faults = listedFaults([
      { at: 'p birth#1', kind: 'skew-back', amount: 0.5 },
      { at: 'p#2', kind: 'clock-forward', amount: 1 },
    ]);
    const seen: number[] = [];
    await run(
      (simulation) => {
        begin(simulation, async (process) => {
          seen.push(process.clock.nowMs() - START_MS);
          await process.step('one', () => {});
          await process.step('two', () => {});
          seen.push(process.clock.nowMs() - simulation.nowMs());
        });
      },
      { faults },
    );
    expect(seen).toEqual([-15_000, 15_000]);
  });
});

describe('a kill', () => {
  const world = () => ({ written: [] as number[], cleaned: 0, after: 0 });
  const program = (state: ReturnType<typeof world>) => async (process: Process) => {
    try {
      await process.step('one', () => state.written.push(1));
      await process.step('two', () => state.written.push(2));
      state.after += 1;
    } finally {
      state.cleaned += 1;
    }
  };

  it.each([
    ['before an effect leaves it out', kill('kill-before', 2), [1]],
    ['after an effect loses the answer alone', kill('kill-after', 2), [1, 2]],
  ])('%s, and nothing of the process runs again', async (_, fault, written) => {
    const state = world();
    let ended: unknown[] = [];
    await run((simulation) => ({ ended } = begin(simulation, program(state))), {
      faults: listedFaults([fault]),
    });
    expect(state).toEqual({ written, cleaned: 0, after: 0 });
    expect(ended).toEqual([`${fault.kind} two`]);
  });

  it('drops what it sends after its end, timers and answers', async () => {
    const done: string[] = [];
    await run((simulation) => {
      const { process } = begin(simulation, async (process) => {
        process.clock.after(50, () => done.push('timer'));
        const slow = process.clock.sleep(20).then(() => done.push('sleep'));
        await slow;
      });
      simulation.world.clock.after(10, () => {
        process.kill('enough');
        void process.step('late', () => done.push('late'));
      });
    });
    expect(done).toEqual([]);
  });
});

describe('a frozen process', () => {
  it('goes on where it was when it is thawed, and not before', async () => {
    const seen: (readonly [string, number])[] = [];
    await run((simulation) => {
      const { process } = begin(simulation, async ({ clock }) => {
        clock.after(100, () => seen.push(['timer', simulation.nowMs() - START_MS]));
        void clock.sleep(100).then(() => seen.push(['left behind', simulation.nowMs() - START_MS]));
      });
      simulation.world.clock.after(10, () => process.freeze());
      simulation.world.clock.after(5_000, () => process.thaw());
    });
    expect(seen.sort()).toEqual([
      ['left behind', 5_000],
      ['timer', 5_000],
    ]);
  });
});

describe('what the kernel does not own', () => {
  const foreign: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['a real timer', () => realSleep(1), /^p uses what the kernel does not own: Timeout$/],
    ['a promise of nobody', () => new Promise(() => {}), /^p awaits what the kernel does not own$/],
    [
      'a real file',
      async () => (await import('node:fs/promises')).readFile('package.json'),
      /^p (uses|awaits) what the kernel does not own/,
    ],
    [
      'a real connection',
      async () => (await import('node:net')).connect(9, '127.0.0.1').on('error', () => {}),
      /^p (uses|awaits) what the kernel does not own/,
    ],
  ];
  it.each(foreign)('fails the run by name: %s', async (_, wait, expected) => {
    const { failure } = await run((simulation) => {
      begin(simulation, async (process) => {
        await process.step('first', () => {});
        await wait();
      });
    });
    expect(failure).toMatch(expected);
  });

  it('may be used where that is said, as long as nobody waits for it', async () => {
    const { failure } = await run(
      (simulation) => {
        begin(simulation, async (process) => {
          const timer = setTimeout(() => {}, 10_000);
          await process.step('first', () => {});
          clearTimeout(timer);
        });
      },
      { tolerates: ['Timeout'] },
    );
    expect(failure).toBeUndefined();
  });
});

describe('a run', () => {
  it('ends a process for a promise that failed unheard, as Lambda does', async () => {
    let ended: unknown[] = [];
    const { failure } = await run((simulation) => {
      ({ ended } = begin(simulation, async (process) => {
        void process.step('lost', () => Promise.reject(new Error('nobody listens')));
        await process.clock.sleep(100);
      }));
    });
    expect(ended).toEqual(['unheard: Error: nobody listens']);
    expect(failure).toBeUndefined();
  });

  it('ends a process whose timer throws, and is itself ended by a model that throws', async () => {
    let ended: unknown[] = [];
    const fall = () => {
      throw new Error('fell');
    };
    const { failure } = await run((simulation) => {
      ({ ended } = begin(simulation, async ({ clock }) => {
        clock.after(1, fall);
        await clock.sleep(100);
      }));
    });
    expect([ended, failure]).toEqual([['threw: Error: fell'], undefined]);
    await expect(run(({ world }) => void world.clock.after(1, fall))).rejects.toThrow('fell');
  });

  it('leaves the listeners of its process as they were', async () => {
    const before = process.rawListeners('unhandledRejection');
    await run(() => {});
    expect(process.rawListeners('unhandledRejection')).toEqual(before);
  });

  it('tells how it failed so that it can be done again', async () => {
    const report = await run((simulation) => {
      simulation.always(() => (simulation.nowMs() > START_MS + 86 ? 'too late' : undefined));
      begin(simulation, async ({ clock }) => {
        await clock.sleep(87);
      });
    });
    expect(story(report).split('\n')).toEqual([
      'seed 1: too late (1 steps, 0d 00:00:00.087)',
      '0d 00:00:00.087 failure too late',
    ]);
  });

  it('fails what never comes to rest, and stops what goes on forever at its time', async () => {
    const forever = (simulation: Simulation) => {
      begin(simulation, async ({ clock }) => {
        for (;;) await clock.sleep(1_000);
      });
    };
    const stopped = await run(forever);
    expect(stopped).toMatchObject({ failure: undefined, steps: 3_600 });
    const { failure } = await run(forever, { stepsMax: 100 });
    expect(failure).toBe('not at rest after 100 steps');
  });
});
