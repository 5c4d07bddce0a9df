import { describe, expect, it } from 'vitest';
import {
  disableBreaker,
  enableBreaker,
  getBreaker,
  resetBreaker,
  tripBreaker,
} from '../../lib/app/breaker-control.ts';
import { patchIntegration } from '../../lib/app/integrations.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import { closed, disabled, forcedOpen, halfOpened } from '../../lib/domain/breaker-transitions.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { breakerWorld, ME } from './breaker-world.ts';

const WELL = { calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null };
const AT = '2026-01-15T12:00:00.001Z';

describe('a breaker as its owner sees it', () => {
  it('is closed since its integration was made, as long as nothing happened', async () => {
    const { deps, register } = breakerWorld();
    const { id } = await register('erp', { breaker: { openSeconds: 5 } });
    expect(await getBreaker(deps, ME, { ref: 'erp' })).toEqual({
      integration: id,
      target: 'primary',
      state: 'closed',
      since: AT,
      reason: null,
      openUntil: null,
      openCount: 0,
      window: WELL,
      totals: { calls: 0, failures: 0, rejected: 0, opened: 0 },
      config: { ...BREAKER_DEFAULTS, openSeconds: 5 },
      version: 0,
    });
  });

  it('shows why and until when it is open, and the window that opened it', async () => {
    const { deps, register, open, breakers, clock } = breakerWorld();
    const erp = await register('erp');
    const nowMs = clock.nowMs();
    await breakers.report(
      { tenant: 'default', integrationId: erp.id, target: 0 },
      {
        reporter: 'a',
        counts: { failures: 9, successes: 3, slow: 6, trailingFailures: 9, hadSuccess: true },
        place: { index: 0, startMs: nowMs - (nowMs % 6_000) },
        firstStartedAtMs: nowMs,
        nowMs,
      },
    );
    await open(erp);
    clock.advance(1_000);
    expect(await getBreaker(deps, ME, { ref: 'erp' })).toMatchObject({
      state: 'open',
      since: AT,
      reason: '10 of 10 calls failed within 60 s.',
      openUntil: '2026-01-15T12:00:30.001Z',
      openCount: 1,
      window: { calls: 12, failures: 9, slow: 6, failureRate: 0.75, slowRate: 0.5 },
      totals: { calls: 12, failures: 9, opened: 1 },
      version: 1,
    });
  });

  it('is disabled when its settings say so, whatever is stored', async () => {
    const { deps, register, open } = breakerWorld();
    await open(await register('erp'));
    await patchIntegration(deps, ME, 'erp', { breaker: { enabled: false } });
    expect(await getBreaker(deps, ME, { ref: 'erp' })).toMatchObject({
      state: 'disabled',
      reason: 'breaker.enabled is false.',
      openUntil: null,
      version: 1,
    });
  });

  it('is nobody else’s', async () => {
    const { deps, register } = breakerWorld();
    const { id } = await register('erp', { tenant: 'a' });
    const other = { principal: adminOf('b') };
    for (const call of [
      getBreaker(deps, other, { ref: id }),
      tripBreaker(deps, other, { ref: id }, {}),
    ]) {
      expect((await refusalOf(call)).code).toBe('not-found');
    }
  });
});

describe('tripping', () => {
  it('opens until it is taken back, with actor and reason in the history', async () => {
    const { deps, register, historyOf, tokens } = breakerWorld();
    const erp = await register('erp');
    expect(
      await tripBreaker(deps, ME, { ref: 'erp' }, { reason: 'Their maintenance.' }),
    ).toMatchObject({
      state: 'forced-open',
      since: AT,
      reason: 'Their maintenance.',
      openUntil: null,
      openCount: 0,
      version: 1,
    });
    expect(await historyOf(erp)).toMatchObject([
      { from: 'closed', to: 'forced-open', actor: 'key_operator', reason: 'Their maintenance.' },
    ]);
    // Nothing is to be probed, for it does not end by itself.
    expect(tokens).toEqual([]);
  });

  it('ends by itself after forSeconds', async () => {
    const { deps, register, tokens } = breakerWorld();
    const { id } = await register('erp');
    const view = await tripBreaker(deps, ME, { ref: 'erp' }, { forSeconds: 60 });
    expect(view).toMatchObject({
      reason: 'Tripped by hand.',
      openUntil: '2026-01-15T12:01:00.001Z',
    });
    expect(tokens).toMatchObject([
      { task: { kind: 'probe', integrationId: id, version: 1 }, delaySeconds: 60 },
    ]);
  });

  it('twice is once, and does not begin the time anew', async () => {
    const { deps, register, historyOf, clock } = breakerWorld();
    const erp = await register('erp');
    const orders = [{}, {}, { forSeconds: 60 }, { forSeconds: 60 }, { forSeconds: 90 }, {}];
    const versions: number[] = [];
    for (const order of orders) {
      clock.advance(1_000);
      versions.push((await tripBreaker(deps, ME, { ref: 'erp' }, order)).version);
    }
    expect(versions).toEqual([1, 1, 2, 2, 3, 4]);
    expect(await historyOf(erp)).toHaveLength(4);
  });

  it('counts anew once its time is over', async () => {
    const { deps, register, clock } = breakerWorld();
    await register('erp');
    await tripBreaker(deps, ME, { ref: 'erp' }, { forSeconds: 60 });
    clock.advance(60_000);
    const again = await tripBreaker(deps, ME, { ref: 'erp' }, { forSeconds: 60 });
    expect(again).toMatchObject({ version: 2, openUntil: '2026-01-15T12:02:00.001Z' });
  });
});

describe('resetting', () => {
  it.each(['open', 'forced-open', 'half-open', 'disabled', 'metrics-only'] as const)(
    'closes one that is %s, as if it had never opened, and lets go what it held',
    async (state) => {
      const { deps, register, open, move, clock, tokens, stored } = breakerWorld();
      const erp = await register('erp');
      const cause = { nowMs: clock.nowMs(), reason: 'x' };
      await open(erp);
      if (state === 'forced-open') await move(erp, (breaker) => forcedOpen(breaker, cause));
      if (state === 'half-open') {
        await move(erp, (breaker) => halfOpened(breaker, { ...cause, leaseMs: 1 }));
      }
      if (state === 'disabled' || state === 'metrics-only') {
        const counting = state === 'metrics-only';
        await move(erp, (breaker) => disabled(breaker, { ...cause, counting }));
      }
      expect((await stored(erp)).state).toBe(state);
      expect(await resetBreaker(deps, ME, { ref: 'erp' }, undefined)).toMatchObject({
        state: 'closed',
        reason: 'Reset by hand.',
        openUntil: null,
        openCount: 0,
      });
      expect(tokens.at(-1)).toMatchObject({ task: { kind: 'drain', integrationId: erp.id } });
    },
  );

  it('changes nothing where all is well, and twice is once', async () => {
    const { deps, register, open, move, clock, historyOf } = breakerWorld();
    const erp = await register('erp');
    expect(await resetBreaker(deps, ME, { ref: 'erp' }, {})).toMatchObject({
      version: 0,
      state: 'closed',
    });
    await open(erp);
    await move(erp, (breaker) => closed(breaker, { nowMs: clock.nowMs(), reason: 'Well.' }));
    // Closed, but its next open period would be long still: that is reset too.
    const first = await resetBreaker(deps, ME, { ref: 'erp' }, {});
    expect(first).toMatchObject({ version: 3, openCount: 0 });
    expect(await resetBreaker(deps, ME, { ref: 'erp' }, {})).toEqual(first);
    expect(await historyOf(erp)).toHaveLength(3);
  });

  it('ends a pause that the other side asked for', async () => {
    const { deps, register, breakers, stored, clock } = breakerWorld();
    const erp = await register('erp');
    const ref = { tenant: 'default', integrationId: erp.id, target: 0 };
    await breakers.pause(ref, clock.nowMs() + 60_000);
    expect((await resetBreaker(deps, ME, { ref: 'erp' }, {})).version).toBe(1);
    expect((await stored(erp)).notBeforeMs).toBe(0);
  });
});

describe('disabling and enabling', () => {
  it('stops nothing any more, until it is enabled', async () => {
    const { deps, register, open, historyOf } = breakerWorld();
    const erp = await register('erp');
    await open(erp);
    const orders = [
      () => disableBreaker(deps, ME, { ref: 'erp' }, { reason: 'Too eager.' }),
      () => disableBreaker(deps, ME, { ref: 'erp' }, {}),
      () => disableBreaker(deps, ME, { ref: 'erp' }, { keepCounting: true }),
      () => enableBreaker(deps, ME, { ref: 'erp' }, {}),
      () => enableBreaker(deps, ME, { ref: 'erp' }, {}),
    ];
    const seen: string[] = [];
    for (const order of orders) {
      const { state, version, openCount } = await order();
      seen.push(`${state} ${version} ${openCount}`);
    }
    expect(seen).toEqual([
      'disabled 2 1',
      'disabled 2 1',
      'metrics-only 3 1',
      'closed 4 0',
      'closed 4 0',
    ]);
    expect((await historyOf(erp)).map(({ to, reason }) => `${to}: ${reason}`)).toEqual([
      'closed: Enabled by hand.',
      'metrics-only: Disabled by hand.',
      'disabled: Too eager.',
      'open: 10 of 10 calls failed within 60 s.',
    ]);
  });

  it('enabling leaves one alone that works: it does not close an open one', async () => {
    const { deps, register, open } = breakerWorld();
    await open(await register('erp'));
    expect(await enableBreaker(deps, ME, { ref: 'erp' }, {})).toMatchObject({
      state: 'open',
      version: 1,
    });
  });

  it('enabling keeps the pause that the other side asked for', async () => {
    const { deps, register, breakers, stored, clock } = breakerWorld();
    const erp = await register('erp');
    await disableBreaker(deps, ME, { ref: 'erp' }, {});
    const ref = { tenant: 'default', integrationId: erp.id, target: 0 };
    await breakers.pause(ref, clock.nowMs() + 60_000);
    await enableBreaker(deps, ME, { ref: 'erp' }, {});
    expect((await stored(erp)).notBeforeMs).toBe(clock.nowMs() + 60_000);
  });

  it('refuses what has no effect while the settings switch it off', async () => {
    const { deps, register, historyOf } = breakerWorld();
    const erp = await register('erp', { breaker: { enabled: false } });
    for (const order of [
      tripBreaker(deps, ME, { ref: 'erp' }, {}),
      enableBreaker(deps, ME, { ref: 'erp' }, {}),
      disableBreaker(deps, ME, { ref: 'erp' }, { keepCounting: true }),
    ]) {
      const { code, message } = await refusalOf(order);
      expect([code, message]).toEqual([
        'invalid-state',
        'breaker.enabled: false in the settings of the integration; set it to true first.',
      ]);
    }
    expect(await historyOf(erp)).toEqual([]);
    expect((await resetBreaker(deps, ME, { ref: 'erp' }, {})).state).toBe('disabled');
    expect((await disableBreaker(deps, ME, { ref: 'erp' }, {})).state).toBe('disabled');
  });
});

describe('an order while the breaker moves by itself', () => {
  /** Each load is followed by a transition of somebody else, `times` times. */
  async function racing(times: number) {
    const world = breakerWorld();
    const erp = await world.register('erp');
    let races = 0;
    const breakers = {
      ...world.breakers,
      move: async (next: Parameters<typeof world.breakers.move>[0]) => {
        if (races++ < times) await world.open(erp);
        return await world.breakers.move(next);
      },
    };
    return { ...world, erp, deps: { ...world.deps, breakers } };
  }

  it('is given again upon what won, and obeyed', async () => {
    const { deps, erp, stored, historyOf } = await racing(5);
    expect(await tripBreaker(deps, ME, { ref: 'erp' }, {})).toMatchObject({
      state: 'forced-open',
      version: 6,
    });
    expect(await stored(erp)).toMatchObject({ state: 'forced-open', sinceMs: T0 + 1 });
    expect((await historyOf(erp))[0]).toMatchObject({ from: 'open', to: 'forced-open' });
  });

  it('is given up after six tries, and says so', async () => {
    const { deps, erp, stored } = await racing(6);
    expect((await refusalOf(tripBreaker(deps, ME, { ref: 'erp' }, {}))).code).toBe('conflict');
    expect((await stored(erp)).state).toBe('open');
  });

  it('of ten at the same moment makes one transition', async () => {
    const { deps, register, historyOf } = breakerWorld();
    const erp = await register('erp');
    const views = await Promise.all(
      Array.from({ length: 10 }, () => tripBreaker(deps, ME, { ref: 'erp' }, { forSeconds: 60 })),
    );
    expect(views.map(({ state, version }) => [state, version])).toEqual(
      Array.from({ length: 10 }, () => ['forced-open', 1]),
    );
    expect(await historyOf(erp)).toHaveLength(1);
  });
});
