import { describe, expect, it } from 'vitest';
import { disableBreaker, resetBreaker, tripBreaker } from '../../lib/app/breaker-control.ts';
import { deleteIntegration, patchIntegration } from '../../lib/app/integrations.ts';
import { type BreakerQuery, listBreakers, listTransitions } from '../../lib/app/list-breakers.ts';
import { halfOpened } from '../../lib/domain/breaker-transitions.ts';
import { NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { type BreakerWorld, breakerWorld, ME } from './breaker-world.ts';

/** One integration in each state, registered in the opposite order of their gravity. */
async function oneOfEach(): Promise<BreakerWorld> {
  const world = breakerWorld();
  const { deps, register, open, move, breakers, clock } = world;
  await register('well');
  await register('off', { breaker: { enabled: false } });
  await register('disabled');
  await disableBreaker(deps, ME, { ref: 'disabled' }, {});
  await register('counting');
  await disableBreaker(deps, ME, { ref: 'counting' }, { keepCounting: true });
  const watched = await register('watched');
  const nowMs = clock.nowMs();
  await breakers.report(
    { tenant: 'default', integrationId: watched.id, target: 0 },
    {
      reporter: 'a',
      counts: { ...NO_COUNTS, failures: 1, trailingFailures: 1 },
      place: { index: 0, startMs: nowMs - (nowMs % 6_000) },
      firstStartedAtMs: nowMs,
      nowMs,
    },
  );
  const half = await register('half');
  await open(half);
  await move(half, (breaker) => halfOpened(breaker, { nowMs, reason: 'x', leaseMs: 1_000 }));
  await register('tripped');
  await tripBreaker(deps, ME, { ref: 'tripped' }, {});
  await open(await register('open'));
  await open(await register('open-too'));
  await register('newest');
  return world;
}

async function names(world: BreakerWorld, query: Partial<BreakerQuery> = {}) {
  const page = await listBreakers(world.deps, ME, { limit: 50, ...query });
  expect(page.next).toBeUndefined();
  return page.items.map(({ integration }) => integration.name);
}

describe('the list of breakers', () => {
  it('has every integration’s, the troubled first, then the rest newest first', async () => {
    expect(await names(await oneOfEach())).toEqual([
      ...['open-too', 'open', 'tripped', 'half', 'watched', 'counting', 'disabled'],
      ...['newest', 'off', 'well'],
    ]);
  });

  it('says of each what it is, without its settings', async () => {
    const world = await oneOfEach();
    const { items } = await listBreakers(world.deps, ME, { limit: 1 });
    expect(items).toEqual([
      {
        integration: { id: expect.stringMatching(/^int_/), name: 'open-too' },
        tenant: 'default',
        target: 'primary',
        state: 'open',
        since: expect.any(String),
        reason: '10 of 10 calls failed within 60 s.',
        openUntil: expect.any(String),
        openCount: 1,
        window: { calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null },
        totals: { calls: 0, failures: 0, rejected: 0, opened: 1 },
        version: 1,
      },
    ]);
  });

  it.each([
    ['open', ['open-too', 'open']],
    ['forced-open', ['tripped']],
    ['half-open', ['half']],
    ['closed', ['watched', 'newest', 'well']],
    ['metrics-only', ['counting']],
    ['disabled', ['disabled', 'off']],
  ] as const)('has these when only %s ones are wanted: %j', async (state, expected) => {
    expect(await names(await oneOfEach(), { state })).toEqual(expected);
  });

  it.each([1, 2, 3, 7, 9])('goes on over pages of %d without a gap', async (limit) => {
    const world = await oneOfEach();
    for (const state of [undefined, 'closed', 'disabled'] as const) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listBreakers(world.deps, ME, { limit, after, state });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ integration }) => integration.name));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(await names(world, { state }));
    }
  });

  it('shows a tenant its own only, troubled or not', async () => {
    const { deps, register, open } = breakerWorld();
    for (const tenant of ['a', 'b']) {
      await register('well', { tenant });
      await open(await register('open', { tenant }));
    }
    const seenBy = async (caller: Parameters<typeof listBreakers>[1]) =>
      (await listBreakers(deps, caller, { limit: 50 })).items.map(
        ({ tenant, integration }) => `${tenant}/${integration.name}`,
      );
    expect(await seenBy({ principal: adminOf('b') })).toEqual(['b/open', 'b/well']);
    expect(await seenBy({ ...ME, tenant: 'a' })).toEqual(['a/open', 'a/well']);
    expect(await seenBy(ME)).toEqual(['b/open', 'a/open', 'b/well', 'a/well']);
    const foreign = listBreakers(deps, { principal: adminOf('b'), tenant: 'a' }, { limit: 1 });
    expect((await refusalOf(foreign)).code).toBe('forbidden');
  });

  it('does without breakers whose integration is gone', async () => {
    const world = await oneOfEach();
    await deleteIntegration(world.deps, ME, 'open-too');
    expect(await names(world, { state: 'open' })).toEqual(['open']);
  });

  it('finds among the disabled one that its settings switched off while it was open', async () => {
    const { deps, register, open } = breakerWorld();
    await open(await register('erp'));
    await patchIntegration(deps, ME, 'erp', { breaker: { enabled: false } });
    for (const [state, found] of [
      ['disabled', 1],
      ['open', 0],
    ] as const) {
      const { items } = await listBreakers(deps, ME, { limit: 50, state });
      expect([state, items.length]).toEqual([state, found]);
    }
  });

  it('ends a page that finds nothing, with the way on', async () => {
    const world = breakerWorld();
    await world.register('off', { breaker: { enabled: false } });
    for (let i = 0; i < 501; i++) await world.register(`n${i}`);
    const first = await listBreakers(world.deps, ME, { limit: 1, state: 'disabled' });
    expect([first.items, first.next === undefined]).toEqual([[], false]);
    expect(await names(world, { state: 'disabled', after: first.next })).toEqual(['off']);
  });
});

describe('the history of a breaker', () => {
  it('is newest first, page by page', async () => {
    const { deps, register, clock } = breakerWorld();
    await register('erp');
    for (let i = 0; i < 3; i++) {
      clock.advance(1_000);
      await tripBreaker(deps, ME, { ref: 'erp' }, {});
      clock.advance(1_000);
      await resetBreaker(deps, ME, { ref: 'erp' }, {});
    }
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listTransitions(deps, ME, { ref: 'erp' }, { limit: 4, after });
      seen.push(...page.items.map(({ version, from, to }) => `${version} ${from} ${to}`));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual([
      '6 forced-open closed',
      '5 closed forced-open',
      '4 forced-open closed',
      '3 closed forced-open',
      '2 forced-open closed',
      '1 closed forced-open',
    ]);
  });
});
