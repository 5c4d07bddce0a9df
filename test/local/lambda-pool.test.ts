import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../lib/local/lambda-environment.ts';
import type { FunctionError } from '../../lib/local/lambda-messages.ts';
import { type LambdaPool, lambdaPool } from '../../lib/local/lambda-pool.ts';

const BROKEN: FunctionError = { errorType: 'SyntaxError', errorMessage: 'no such module' };

interface Fake extends Environment {
  readonly number: number;
  isAlive: boolean;
}

/** Environments on a machine of two cores, that compute as much of the time as told. */
function world({ cap = 20, computes = 0, startMs = 1 } = {}) {
  const started: Fake[] = [];
  const machine = { broken: undefined as FunctionError | undefined };
  const pool = lambdaPool(
    cap,
    () => {
      const fake: Fake = {
        number: started.length,
        isAlive: true,
        started: sleep(startMs).then(() => machine.broken),
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

const pools: LambdaPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
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
    await sleep(150);
    expect(started).toHaveLength(1);
    await take();
    await expect.poll(() => started.length).toBe(3);
    await sleep(150);
    expect([started.length, pool.waiting()]).toEqual([3, 0]);
  });

  it('have none to spare while they take all cores', async () => {
    const { started, take } = world({ computes: 1 });
    await take();
    await take();
    await sleep(200);
    expect(started).toHaveLength(2);
  });

  it('grow to the cap while those that run only wait', async () => {
    const { started, pool } = world({ cap: 12 });
    for (let i = 0; i < 20; i++) void pool.take();
    await expect.poll(() => started.length).toBe(12);
    await sleep(200);
    expect([started.length, pool.waiting()]).toEqual([12, 8]);
  });

  it('stay few while these take all cores, but for those who wait too long', async () => {
    const { started, pool } = world({ computes: 0.5 });
    for (let i = 0; i < 8; i++) void pool.take();
    await sleep(500);
    expect([started.length, pool.waiting()]).toEqual([4, 4]);
    await expect.poll(() => started.length, { timeout: 3000 }).toBe(8);
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
