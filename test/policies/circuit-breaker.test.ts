import { describe, expect, it } from 'vitest';
import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { newBreaker } from '../../lib/domain/breaker.ts';
import { reset } from '../../lib/domain/breaker-transitions.ts';
import { BreakerOpenError } from '../../lib/policies/breaker-open-error.ts';
import { circuitBreaker, type RunOptions } from '../../lib/policies/circuit-breaker.ts';
import { DeadlineError } from '../../lib/policies/outcome.ts';
import { isProbe } from '../../lib/policies/probe-signal.ts';
import { retry } from '../../lib/policies/retry.ts';
import { breakerPolicyWorld, OPEN_MS } from './breaker-policy-world.ts';

const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });

describe('a closed breaker', () => {
  it('gives back what the work gives, and writes nothing while all is well', async () => {
    const world = await breakerPolicyWorld();
    for (let i = 0; i < 100; i++) expect(await world.breaker.run(async () => i)).toBe(i);
    expect(await world.stored()).toBeUndefined();
  });

  it('throws what the work throws, and has told the store of it before', async () => {
    const world = await breakerPolicyWorld();
    const odd = { not: 'an error' };
    const failing = world.breaker.run(async () => {
      throw odd;
    });
    expect(await world.outcome(failing)).toBe(odd);
    expect(await world.stored()).toMatchObject({ state: 'closed', consecutiveFailures: 1 });
  });

  it('opens at the third failure, for every other instance too', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    expect(await world.state()).toBe('open');
    let asked = 0;
    const work = async () => {
      asked += 1;
    };
    for (const breaker of [world.breaker, world.another('second')]) {
      const error = await world.outcome(breaker.run(work));
      expect(error).toBeInstanceOf(BreakerOpenError);
      expect(error).toMatchObject({ integration: 'erp', target: 'primary', state: 'open' });
      const { retryAfterMs } = error as BreakerOpenError;
      expect(retryAfterMs).toBeGreaterThan(29_000);
      expect(retryAfterMs).toBeLessThanOrEqual(OPEN_MS);
    }
    expect(asked).toBe(0);
  });

  it('is the one that deliveries are under: they are held when it opens', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    const { id } = await world.publish({ id: 'e1' });
    await world.pump();
    expect((await world.delivery(id, world.integration.id))?.state.status).toBe('held');
    expect(world.sender.sent).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['500', async () => answer(500), 'open'],
    ['408', async () => answer(408), 'open'],
    ['a redirect', async () => answer(302), 'open'],
    ['404', async () => answer(404), 'closed'],
    ['401', async () => answer(401), 'closed'],
    ['a value that is no answer', async () => ({ status: 500 }), 'closed'],
  ])('after three times %s: judged as a delivery would be', async (_, work, state) => {
    const world = await breakerPolicyWorld();
    for (let i = 0; i < 3; i++) await world.breaker.run(work);
    expect(await world.state()).toBe(state);
  });

  it('pauses after a 429 as long as it asks for, and stays closed', async () => {
    const world = await breakerPolicyWorld();
    await world.breaker.run(async () => answer(429, { 'retry-after': '20' }));
    const error = await world.outcome(world.breaker.run(async () => 'called'));
    expect(error).toMatchObject({
      name: 'BreakerOpenError',
      state: 'closed',
      retryAfterMs: 20_000,
    });
    world.clock.advance(20_000);
    expect(await world.breaker.run(async () => 'called')).toBe('called');
  });

  it('opens at once when the other side says that it is down', async () => {
    const world = await breakerPolicyWorld();
    await world.breaker.run(async () => answer(503, { 'retry-after': '60' }));
    expect(await world.state()).toBe('open');
  });

  it.each<[RunOptions<unknown>['isFailure'] & object, string]>([
    [() => true, 'open'],
    [() => 'failure', 'open'],
    [() => ({ statusCode: 500, headers: {} }), 'open'],
    [() => false, 'closed'],
    [() => 'success', 'closed'],
    [() => 'neutral', 'closed'],
  ])('asks isFailure first: %s makes it %s', async (isFailure, state) => {
    const world = await breakerPolicyWorld();
    for (let i = 0; i < 3; i++) await world.breaker.run(async () => 'value', { isFailure });
    expect(await world.state()).toBe(state);
  });

  it('ends a call at its timeout, a failure, though the work goes on', async () => {
    const world = await breakerPolicyWorld();
    let signal: AbortSignal | undefined;
    const running = world.breaker.run(
      (given) => {
        signal = given;
        return new Promise(() => {});
      },
      { timeoutMs: 2_000 },
    );
    await Promise.resolve();
    while (signal === undefined) await new Promise(setImmediate);
    world.clock.advance(2_000);
    expect(await world.outcome(running)).toBeInstanceOf(DeadlineError);
    expect(signal.aborted).toBe(true);
    expect((await world.stored())?.consecutiveFailures).toBe(1);
  });

  it('counts a call that is slow, and one whose caller gave up not at all', async () => {
    const world = await breakerPolicyWorld();
    const caller = new AbortController();
    const given = world.breaker.run(
      async () => {
        caller.abort();
        throw new Error('aborted');
      },
      { signal: caller.signal },
    );
    await world.outcome(given);
    expect(await world.stored()).toBeUndefined();
    await world.breaker.run(async () => world.clock.advance(10_001));
    const counted = (await world.stored())?.buckets.reduce((sum, { slow }) => sum + slow, 0);
    expect(counted).toBe(1);
  });

  it.each([0, -1, 900_001, Number.NaN])('refuses a timeout of %s ms', async (timeoutMs) => {
    const world = await breakerPolicyWorld();
    const run = world.breaker.run(async () => 'value', { timeoutMs });
    await expect(run).rejects.toThrow('timeoutMs must be 1–900000');
  });
});

describe('a probe', () => {
  const give = (status: number) => async () => answer(status);
  const fail = (error: unknown) => async () => {
    throw error;
  };
  const inner = {
    integration: 'other',
    target: 'primary',
    retryAfterMs: 1,
    state: 'open',
  } as const;
  const broken: RunOptions<unknown> = {
    isFailure: () => {
      throw new Error('bug');
    },
  };

  it.each<[string, () => Promise<unknown>, RunOptions<unknown>, string]>([
    ['a value', async () => 'well', {}, 'half-open'],
    ['an error', fail(new Error('down')), {}, 'open'],
    ['a throw of no error', fail(undefined), {}, 'open'],
    [
      'a throw before its first await',
      () => {
        throw new Error('at once');
      },
      {},
      'open',
    ],
    ['an answer that fails', give(500), {}, 'open'],
    ['an answer that says nothing', give(403), {}, 'half-open'],
    ['a 429', give(429), {}, 'half-open'],
    ['a rejection by another breaker', fail(new BreakerOpenError(inner)), {}, 'half-open'],
    [
      'what isFailure calls neutral',
      fail(new Error('x')),
      { isFailure: () => 'neutral' },
      'half-open',
    ],
    ['a bug in isFailure', async () => 'well', broken, 'half-open'],
  ])('that ends with %s gives its place back', async (_, work, options, state) => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    await world.outcome(world.breaker.run(work, options));
    expect(await world.state()).toBe(state);
    expect(await world.leases()).toEqual([]);
  });

  it.each(['timeout', 'abort'] as const)(
    'that ends by its %s gives its place back',
    async (end) => {
      const world = await breakerPolicyWorld();
      await world.breakDown();
      world.clock.advance(OPEN_MS);
      const caller = new AbortController();
      const begun = Promise.withResolvers<void>();
      const hanging = () => {
        begun.resolve();
        return new Promise(() => {});
      };
      const running = world.breaker.run(hanging, { timeoutMs: 5_000, signal: caller.signal });
      await begun.promise;
      expect(await world.leases()).toHaveLength(1);
      if (end === 'abort') caller.abort();
      else world.clock.advance(5_000);
      await world.outcome(running);
      expect(await world.leases()).toEqual([]);
      expect(await world.state()).toBe(end === 'abort' ? 'half-open' : 'open');
    },
  );

  it('is none where the caller has given up: the breaker is not even asked', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    const signal = AbortSignal.abort(new Error('gone'));
    const run = world.breaker.run(async () => 'called', { signal });
    expect(await world.outcome(run)).toEqual(new Error('gone'));
    expect(await world.state()).toBe('open');
  });

  it('whose caller gives up before its call gives its place back', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    const caller = new AbortController();
    const { breakers } = world.deps;
    const deps = {
      ...world.deps,
      breakers: {
        ...breakers,
        lease: async (...args: Parameters<typeof breakers.lease>) => {
          caller.abort();
          return await breakers.lease(...args);
        },
      },
    };
    let asked = 0;
    const work = async () => {
      asked += 1;
    };
    const run = circuitBreaker(deps, world.target).run(work, { signal: caller.signal });
    expect(await world.outcome(run)).toMatchObject({ name: 'AbortError' });
    expect(asked).toBe(0);
    expect(await world.state()).toBe('half-open');
    expect(await world.leases()).toEqual([]);
  });

  it('is one single attempt, though a retry is inside', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    let asked = 0;
    const work = (signal: AbortSignal) => {
      expect(isProbe(signal)).toBe(true);
      const attempt = async () => {
        asked += 1;
        throw new Error('down');
      };
      return retry(attempt, { signal, attempts: 5, clock: world.clock, random: { unit: () => 0 } });
    };
    await world.outcome(world.breaker.run(work));
    expect(asked).toBe(1);
  });

  it('has a lease as long as its call may take, and a margin', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    let lastsMs = 0;
    const work = async () => {
      const [lease] = await world.leases();
      lastsMs = (lease?.expiresAtMs ?? 0) - world.clock.nowMs();
    };
    await world.breaker.run(work, { timeoutMs: 120_000 });
    expect(lastsMs).toBe(125_000);
  });

  it('is had by three of a hundred callers, and closes the breaker when all are well', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    let asked = 0;
    const gate = Promise.withResolvers<void>();
    const runs = Array.from({ length: 100 }, (_, i) =>
      world.outcome(
        world.another(`instance-${i}`).run(async () => {
          asked += 1;
          await gate.promise;
          return 'well';
        }),
      ),
    );
    while ((await world.leases()).length < 3) await new Promise(setImmediate);
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    gate.resolve();
    const outcomes = await Promise.all(runs);
    expect(asked).toBe(3);
    expect(outcomes.filter((one) => one === 'well')).toHaveLength(3);
    expect(outcomes.filter((one) => one instanceof BreakerOpenError)).toHaveLength(97);
    expect(await world.state()).toBe('closed');
  });

  it('that is turned away says when to come again', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    world.clock.advance(OPEN_MS);
    const gate = Promise.withResolvers<void>();
    const running = [1, 2, 3].map(() => world.breaker.run(() => gate.promise));
    while ((await world.leases()).length < 3) await new Promise(setImmediate);
    const error = await world.outcome(world.breaker.run(async () => 'called'));
    expect(error).toMatchObject({ state: 'half-open', retryAfterMs: 1_000 });
    gate.resolve();
    await Promise.all(running);
  });
});

describe('what it costs', () => {
  it('an open breaker: no write for what it turns away, and one for all of it afterwards', async () => {
    const world = await breakerPolicyWorld();
    await world.breakDown();
    const before = await world.stored();
    for (let i = 0; i < 50; i++) await world.outcome(world.breaker.run(world.down));
    expect(await world.stored()).toEqual(before);
    await world.breakers.move(
      reset((await world.stored()) ?? newBreaker(world.ref), {
        nowMs: world.clock.nowMs(),
        actor: 'key_me',
        reason: 'by hand',
      }),
    );
    world.clock.advance(6_000);
    await world.breaker.run(async () => 'well');
    expect((await world.stored())?.totals.rejected).toBe(50);
  });

  it('the store gone: nothing but a short wait, and the work is done', async () => {
    const world = await breakerPolicyWorld();
    const gone = async (): Promise<never> => {
      throw new Error('gone');
    };
    const breakers = { ...world.breakers, board: gone, load: gone, report: gone, pause: gone };
    const deps = { ...world.deps, breakers, board: breakerBoard({ ...world.deps, breakers }) };
    const breaker = circuitBreaker(deps, world.target);
    expect(await breaker.run(async () => 'value')).toBe('value');
    expect(await world.outcome(breaker.run(world.down))).toEqual(new Error('down'));
    expect(world.telemetry.counts.get('BreakerStoreFailures')).toBeGreaterThan(0);
  });
});
