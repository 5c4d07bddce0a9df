import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { listedFaults } from '../kernel/faults.ts';
import { START_MS } from '../kernel/simulate.ts';
import { chainWith, hopsOf } from './chain.ts';
import { eventSource } from './event-source.ts';
import { type Compose, modelFunction, type Result } from './function.ts';
import { schedule } from './schedule.ts';
import { onStage } from './stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a function instance', () => {
  it('keeps what its module has made, until it is gone', async () => {
    const answers: Result[] = [];
    let counts = {};
    await onStage({}, ({ simulation, fn }) => {
      const counting = fn(() => {
        let calls = 0;
        return async () => ++calls;
      });
      ({ counts } = counting);
      const call = () => counting.invoke({}, undefined, (result) => answers.push(result));
      const { clock } = simulation.world;
      for (const atMs of [0, MINUTE_MS, 2 * MINUTE_MS, 3 * HOUR_MS]) clock.after(atMs, call);
    });
    expect(answers).toEqual(['1', '2', '3', '1'].map((payload) => ({ kind: 'answer', payload })));
    expect(counts).toMatchObject({ invocations: 4, coldStarts: 2 });
  });

  it('takes one invocation at a time; beyond the concurrency the others are throttled', async () => {
    const results: string[] = [];
    let now = 0;
    let most = 0;
    await onStage({}, ({ fn }) => {
      const slow = fn(({ clock }) => async () => {
        most = Math.max(most, ++now);
        await clock.sleep(3_000);
        now -= 1;
      });
      for (let n = 0; n < 8; n++) slow.invoke({}, undefined, ({ kind }) => results.push(kind));
    });
    expect(most).toBe(5);
    expect(results.filter((kind) => kind === 'throttled')).toHaveLength(3);
    expect(results.filter((kind) => kind === 'answer')).toHaveLength(5);
  });

  it('is killed at its timeout, and knew how long it had', async () => {
    const seen: unknown[] = [];
    await onStage({}, ({ simulation, fn }) => {
      const slow = fn(
        ({ clock }) =>
          async (_: unknown, context: { getRemainingTimeInMillis(): number }) => {
            try {
              await clock.sleep(9_000);
              seen.push(context.getRemainingTimeInMillis());
              await clock.sleep(9_000);
            } finally {
              seen.push('never');
            }
          },
      );
      slow.invoke({}, undefined, (result) => seen.push(result));
      simulation.atEnd(() => (slow.counts.errors === 1 ? undefined : 'no error was counted'));
    });
    expect(seen).toEqual([
      1_000,
      {
        kind: 'error',
        error: { errorType: 'Runtime.ExitError', errorMessage: 'f/1 ended: timed out' },
      },
    ]);
  });

  it('finishes in the next invocation what it left behind in the last', async () => {
    const done: string[] = [];
    await onStage({}, ({ simulation, fn }) => {
      const forgetful = fn(({ clock }) => async ({ name }: { readonly name: string }) => {
        void clock.sleep(200).then(() => done.push(`left behind by ${name}, done at ${minute()}`));
        await clock.sleep(100);
      });
      const minute = () => Math.floor((simulation.nowMs() - simulation.startMs) / MINUTE_MS);
      const { clock } = simulation.world;
      for (const n of [0, 2]) {
        clock.after(n * MINUTE_MS, () => forgetful.invoke({ name: `${n}` }, undefined, () => {}));
      }
    });
    expect(done).toEqual(['left behind by 0, done at 2']);
  });

  it('is killed with all others where it stands, and a new one takes over', async () => {
    const seen: unknown[] = [];
    await onStage({}, ({ simulation, fn }) => {
      const slow = fn(({ clock }) => async () => {
        await clock.sleep(9_000);
        return 'done';
      });
      const call = () => slow.invoke({}, undefined, ({ kind }) => seen.push(kind));
      call();
      simulation.world.clock.after(5_000, () => {
        slow.killAll('the zone is gone');
        call();
      });
    });
    expect(seen).toEqual(['error', 'answer']);
  });

  it('that does not load, or throws, is an error of that one invocation', async () => {
    const results: Result[] = [];
    await onStage({}, ({ simulation, fn }) => {
      let loads = 0;
      const flaky = fn(() => {
        if (++loads === 1) throw new Error('no such table');
        return async () => Promise.reject(new TypeError('a bug'));
      });
      for (const n of [0, 1]) {
        simulation.world.clock.after(n * MINUTE_MS, () =>
          flaky.invoke({}, undefined, (result) => results.push(result)),
        );
      }
    });
    expect(results.map((result) => result.kind === 'error' && result.error.errorType)).toEqual([
      'Runtime.ImportModuleError',
      'TypeError',
    ]);
  });

  it('runs the old code beside the new after a deploy, until it is gone', async () => {
    const said = new Set<string>();
    await onStage({}, ({ simulation, fn }) => {
      const saying =
        (word: string): Compose =>
        ({ process }) =>
        async () => {
          await process.clock.sleep(50);
          said.add(`${word} at ${simulation.nowMs() < simulation.startMs + 3 * HOUR_MS}`);
        };
      const versioned = fn(() => async () => {}, { compose: saying('old') });
      const call = () => versioned.invoke({}, undefined, () => {});
      const { clock } = simulation.world;
      call();
      clock.after(MINUTE_MS, () => versioned.deploy(saying('new')));
      for (let n = 0; n < 20; n++) clock.after(2 * MINUTE_MS + 20 * (n % 5) + n, call);
      clock.after(4 * HOUR_MS, call);
    });
    expect([...said].sort()).toEqual(['new at false', 'new at true', 'old at true']);
  });
});

describe('the guard against loops', () => {
  const feeding = (recursiveLoop?: 'Allow') => {
    let runs = 0;
    const counts = { stopped: 0 };
    return onStage({ forMs: 4 * HOUR_MS }, ({ simulation, sqs, queue, put }) => {
      const fn = modelFunction(simulation, {
        ...{ name: 'f', timeoutMs: 10_000, concurrencyMax: 5 },
        ...(recursiveLoop !== undefined && { recursiveLoop }),
        compose: ({ process, chainOf }) => {
          const client = sqs.clientOf(process, chainOf);
          return async () => {
            runs += 1;
            if (runs === 40) return;
            const more = { QueueUrl: sqs.urlOf(queue), MessageBody: 'again' };
            await client.send(new SendMessageCommand(more));
          };
        },
      });
      eventSource(simulation, sqs, {
        ...{ queue, fn, batchSize: 10, windowMs: 0, reportsFailures: true },
      });
      put('first');
      simulation.atEnd(() => {
        counts.stopped = fn.counts.stopped;
        return undefined;
      });
    }).then(() => ({ runs, ...counts }));
  };

  it('stops a function that feeds itself at its sixteenth turn, until the message is dead', async () => {
    expect(await feeding()).toEqual({ runs: 16, stopped: 5 });
  });

  it('lets it go on where the template allows it', async () => {
    expect(await feeding('Allow')).toEqual({ runs: 40, stopped: 0 });
  });

  it('counts each function of a chain by itself', () => {
    const chain = chainWith(chainWith(chainWith(undefined, 'a'), 'b'), 'a');
    expect([hopsOf(chain, 'a'), hopsOf(chain, 'b'), hopsOf(chain, 'c')]).toEqual([2, 1, 0]);
  });
});

describe('a schedule', () => {
  type Kind = readonly [time: number, kind: string, amount: number];
  const calls = async (kinds: readonly Kind[]) => {
    const minutes: number[] = [];
    const faults = listedFaults(
      kinds.map(([n, kind, amount]) => ({ at: `schedule/tick#${n}`, kind, amount })),
    );
    await onStage({ faults, forMs: 6.5 * MINUTE_MS }, ({ simulation, fn }) => {
      const tick = fn(() => async () => {
        minutes.push(Math.floor((simulation.nowMs() - simulation.startMs) / MINUTE_MS));
      });
      schedule(simulation, { name: 'tick', fn: tick, everyMs: MINUTE_MS });
    });
    return minutes;
  };

  it('rests while there is nothing to do, and is woken by what comes up', async () => {
    const calls: number[] = [];
    await onStage({ forMs: 10.5 * MINUTE_MS }, ({ simulation, fn }) => {
      const tick = fn(() => async () => calls.push(simulation.nowMs()));
      const looks: (() => void)[] = [];
      const minute = (n: number) => simulation.startMs + n * MINUTE_MS;
      let untilMs = 0;
      const rest = {
        untilMs: () => untilMs,
        onChange: (look: () => void) => looks.push(look),
        onTick: (atMs: number) => {
          if (atMs >= minute(2)) untilMs = minute(8);
        },
      };
      schedule(simulation, { name: 'tick', fn: tick, everyMs: MINUTE_MS, rest });
      simulation.world.clock.after(5.5 * MINUTE_MS, () => {
        untilMs = 0;
        for (const look of looks) look();
      });
    });
    const minutes = calls.map((atMs) => Math.floor((atMs - START_MS) / MINUTE_MS));
    expect(minutes).toEqual([1, 2, 6, 8, 9, 10]);
  });

  it.each<[string, readonly Kind[], readonly number[]]>([
    ['each minute', [], [1, 2, 3, 4, 5, 6]],
    ['twice', [[2, 'schedule-twice', 0.5]], [1, 2, 2, 3, 4, 5, 6]],
    ['late', [[1, 'schedule-late', 0.35]], [2, 3, 4, 4, 5, 6]],
    ['not at all for a while', [[2, 'schedule-silent', 0.06]], [1, 6]],
  ])('calls its function %s', async (_, kinds, expected) => {
    expect(await calls(kinds)).toEqual(expected);
  });
});
