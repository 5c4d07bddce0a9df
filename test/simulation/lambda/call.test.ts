import { describe, expect, it } from 'vitest';
import { listedFaults } from '../kernel/faults.ts';
import { callFrom } from './call.ts';
import { onStage } from './stage.ts';

/** What a caller hears of a function that takes this long, when, and how often it ran to its end. */
async function calling(tookMs: number, faults = listedFaults([])) {
  const heard: unknown[] = [];
  let done = 0;
  const { failure } = await onStage({ faults }, ({ simulation, fn }) => {
    const handler = fn(
      ({ clock }) =>
        async ({ order }: { readonly order: number }) => {
          await clock.sleep(tookMs);
          done += 1;
          return { statusCode: 202, order };
        },
      { timeoutMs: 40_000 },
    );
    const caller = simulation.spawn('caller', {
      isMortal: true,
      onDeath: (why) => heard.push(why),
    });
    caller.start(
      () => callFrom(simulation, caller, handler, { order: 7 }),
      (outcome) => heard.push(outcome.kind === 'done' ? outcome.value : outcome.error),
    );
  });
  expect(failure).toBeUndefined();
  return { heard, done };
}

describe('a caller of a function', () => {
  it('hears what it answers', async () => {
    const payload = JSON.stringify({ statusCode: 202, order: 7 });
    expect(await calling(100)).toEqual({ heard: [{ kind: 'answer', payload }], done: 1 });
  });

  it('hears of a timeout while the function goes on', async () => {
    expect(await calling(35_000)).toEqual({ heard: [{ kind: 'timeout' }], done: 1 });
  });

  it('may hear nothing of what was done', async () => {
    const faults = listedFaults([{ at: 'caller call#1', kind: 'api-unheard', amount: 0 }]);
    expect(await calling(100, faults)).toEqual({ heard: [{ kind: 'timeout' }], done: 1 });
  });

  it('may be gone before it hears that all was done', async () => {
    const faults = listedFaults([{ at: 'caller#1', kind: 'kill-after', amount: 0 }]);
    expect(await calling(100, faults)).toEqual({ heard: ['kill-after call f'], done: 1 });
  });
});
