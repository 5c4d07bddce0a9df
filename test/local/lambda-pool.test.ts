import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../lib/local/lambda-environment.ts';
import type { FunctionError } from '../../lib/local/lambda-messages.ts';
import { type LambdaPool, lambdaPool } from '../../lib/local/lambda-pool.ts';

const BROKEN: FunctionError = { errorType: 'SyntaxError', errorMessage: 'no such module' };

interface Fake extends Environment {
  readonly number: number;
  isAlive: boolean;
}

/** Environments on a machine of two cores, that compute as much of the time as told. */
function world({ cap = 20, computes = 0, startMs = 0 } = {}) {
  const started: Fake[] = [];
  const machine = { broken: undefined as FunctionError | undefined };
  const begun = async () => {
    if (startMs > 0) await new Promise((resolve) => setTimeout(resolve, startMs));
  };
  const pool = lambdaPool(
    cap,
    () => {
      const fake: Fake = {
        number: started.length,
        isAlive: true,
        started: begun().then(() => machine.broken),
        computed: () => computes,
        run: async () => ({ kind: 'answer', payload: 'null' }),
        async kill() {
          fake.isAlive = false;
        },
      };
      started.push(fake);
      return fake;
    },
    2,
  );
  pools.push(pool);
  const take = async () => (await pool.take()) as Fake;
  return { pool, started, machine, take };
}

/** Whoever has waited for so long is let have one, whatever the others compute. */
const PATIENCE_MS = 1_000;
/** Lets so much time go by at once. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const pools: LambdaPool[] = [];
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
  vi.useRealTimers();
});

describe('the environments of a function', () => {
  it('are none before the first invocation, and one for those that follow each other', async () => {
    const { pool, started, take } = world();
    expect(started).toEqual([]);
    for (let i = 0; i < 5; i++) pool.give(await take());
    expect(started).toHaveLength(1);
  });

  it('are used the last one first, so that the others grow old and end', async () => {
    const { pool, take } = world();
    const [first, second] = [await take(), await take()];
    pool.give(first);
    pool.give(second);
    expect(await take()).toBe(second);
  });

  it('have one to spare from two busy ones on, started while nobody waits for it', async () => {
    const { started, take, pool } = world();
    await take();
    await pass(150);
    expect(started).toHaveLength(1);
    await take();
    await pass(150);
    expect([started.length, pool.waiting()]).toEqual([3, 0]);
    await pass(150);
    expect([started.length, pool.waiting()]).toEqual([3, 0]);
  });

  it('have none to spare while they take all cores', async () => {
    const { started, take } = world({ computes: 1 });
    await take();
    await take();
    await pass(200);
    expect(started).toHaveLength(2);
  });

  it('grow to the cap while those that run only wait', async () => {
    const { started, pool } = world({ cap: 12 });
    for (let i = 0; i < 20; i++) void pool.take();
    await pass(PATIENCE_MS - 1);
    expect([started.length, pool.waiting()]).toEqual([12, 8]);
    await pass(PATIENCE_MS);
    expect([started.length, pool.waiting()]).toEqual([12, 8]);
  });

  it('stay few while these take all cores, but for those who wait too long', async () => {
    const { started, pool } = world({ computes: 0.5 });
    for (let i = 0; i < 8; i++) void pool.take();
    await pass(PATIENCE_MS - 1);
    expect([started.length, pool.waiting()]).toEqual([4, 4]);
    await pass(PATIENCE_MS);
    expect([started.length, pool.waiting()]).toEqual([8, 0]);
  });

  it('start two at a time, and serve in turn whoever waits by what is free first', async () => {
    const { started, pool, take } = world({ startMs: 60 });
    const order: number[] = [];
    const takers = [0, 1, 2].map(async (turn) => {
      const place = await take();
      order.push(turn);
      if (turn === 0) pool.give(place);
    });
    expect(started).toHaveLength(2);
    await pass(60);
    await Promise.all(takers);
    expect(order).toEqual([0, 1, 2]);
  });

  it('that died are not used again, and do not count against the cap', async () => {
    const { pool, started, take } = world({ cap: 1 });
    const first = await take();
    const waiting = take();
    first.isAlive = false;
    pool.give(first);
    expect(await waiting).toBe(started[1]);
  });

  it('that do not start fail one invocation each', async () => {
    const { pool, machine, started } = world();
    machine.broken = BROKEN;
    const found = await Promise.all([0, 1, 2, 3, 4].map(() => pool.take()));
    expect(found).toEqual([0, 1, 2, 3, 4].map(() => BROKEN));
    machine.broken = undefined;
    expect(await pool.take()).toBe(started.at(-1));
  });

  it('end with the run: who waits is told so, and none starts any more', async () => {
    const { pool, started, take } = world({ cap: 1 });
    await take();
    const waiting = pool.take();
    await pool.stop();
    expect(await waiting).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await pool.take()).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(started.map(({ isAlive }) => isAlive)).toEqual([false]);
  });
});
