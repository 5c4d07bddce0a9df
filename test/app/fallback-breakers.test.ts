import { describe, expect, it } from 'vitest';
import {
  disableBreaker,
  enableBreaker,
  getBreaker,
  resetBreaker,
  tripBreaker,
} from '../../lib/app/breaker-control.ts';
import { patchIntegration, putIntegration } from '../../lib/app/integrations.ts';
import { listBreakers, listTransitions } from '../../lib/app/list-breakers.ts';
import { renewBreakers } from '../../lib/app/renew-breakers.ts';
import { disabled } from '../../lib/domain/breaker-transitions.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { breakerWorld, CHAIN, ME, OPERATOR } from './breaker-world.ts';

const FIRST = { ref: 'erp', target: 'fallback:1' };

async function setUp() {
  const world = breakerWorld();
  const erp = await world.withChain('erp', CHAIN);
  return { ...world, erp };
}

describe('the breaker of a fallback', () => {
  it('is one of its own: orders move it alone, and it says whose it is', async () => {
    const { deps, erp, historyOf } = await setUp();
    const orders = [
      () => tripBreaker(deps, ME, FIRST, { reason: 'Their maintenance.' }),
      () => resetBreaker(deps, ME, FIRST, {}),
      () => disableBreaker(deps, ME, FIRST, {}),
      () => enableBreaker(deps, ME, FIRST, {}),
    ];
    const seen: string[] = [];
    for (const order of orders) {
      const view = await order();
      seen.push(`${view.target} ${view.state} ${view.version}`);
      expect(await getBreaker(deps, ME, FIRST)).toEqual(view);
    }
    expect(seen).toEqual([
      'fallback:1 forced-open 1',
      'fallback:1 closed 2',
      'fallback:1 disabled 3',
      'fallback:1 closed 4',
    ]);
    for (const target of [undefined, 'primary', 'fallback:3']) {
      const view = await getBreaker(deps, ME, { ref: 'erp', target });
      expect(view).toMatchObject({ target: target ?? 'primary', state: 'closed', version: 0 });
    }
    expect(await historyOf(erp)).toEqual([]);
    const page = await listTransitions(deps, ME, FIRST, { limit: 9, after: undefined });
    expect(page.items).toEqual(await historyOf(erp, 1));
    expect(page.items).toHaveLength(4);
  });

  it('holds nothing, lets nothing go and rings for no probe', async () => {
    const { deps, erp, tokens, open } = await setUp();
    await tripBreaker(deps, ME, FIRST, { forSeconds: 60 });
    await resetBreaker(deps, ME, FIRST, {});
    await open(erp, 3);
    expect(tokens).toEqual([]);
    expect(await deps.progress.sweeps()).toEqual([]);
  });

  it('tells in its events whose it is', async () => {
    const { deps, erp } = await setUp();
    await tripBreaker(deps, ME, FIRST, {});
    const id = `breaker-${erp.id}-1-1`;
    const event = await deps.events.get({ tenant: 'default', eventId: id });
    expect(JSON.parse(event?.body ?? '{}').data.breaker.target).toBe('fallback:1');
  });

  it.each(['fallback:2', 'fallback:4', 'fallback:5', 'fallback:0', 'x'])(
    'is refused where %s has none, with what there is',
    async (target) => {
      const { deps, breakers } = await setUp();
      const name = { ref: 'erp', target };
      for (const call of [
        getBreaker(deps, ME, name),
        tripBreaker(deps, ME, name, {}),
        listTransitions(deps, ME, name, { limit: 1, after: undefined }),
      ]) {
        const { code, fields } = await refusalOf(call);
        expect(code).toBe('invalid');
        expect(fields).toEqual({
          target: `"${target}" is no target of erp with a breaker of its own; allowed: primary, fallback:1, fallback:3`,
        });
      }
      expect(await breakers.board()).toEqual([]);
    },
  );
});

describe('the list of breakers', () => {
  it('has troubled ones of fallbacks beside the endpoints’ own, none twice or left out', async () => {
    const { deps, erp, open, register, withChain, stored } = await setUp();
    await open(erp, 1);
    await open(erp, 3);
    const shop = await withChain('shop', CHAIN);
    await open(shop);
    await open(shop, 1);
    await register('well');
    for (const limit of [1, 2, 50]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listBreakers(deps, ME, { limit, after });
        seen.push(...page.items.map((one) => `${one.integration.name} ${one.target} ${one.state}`));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual([
        'shop primary open',
        'shop fallback:1 open',
        'erp fallback:1 open',
        'erp fallback:3 open',
        'well primary closed',
        'erp primary closed',
      ]);
    }
    expect((await stored(erp)).version).toBe(0);
    const opened = await listBreakers(deps, ME, { limit: 50, state: 'open', after: undefined });
    expect(opened.items).toHaveLength(4);
    const closed = await listBreakers(deps, ME, { limit: 50, state: 'closed', after: undefined });
    expect(closed.items.map(({ target }) => target)).toEqual(['primary', 'primary']);
  });

  it('has none of a link that was taken out', async () => {
    const { deps, erp, open } = await setUp();
    await open(erp, 1);
    await deps.integrations.save({ ...erp, fallback: [] }, 'erp');
    const { items } = await listBreakers(deps, ME, { limit: 50, after: undefined });
    expect(items.map(({ target, state }) => [target, state])).toEqual([['primary', 'closed']]);
  });
});

describe('a change of the chain', () => {
  const url = (host: string) => ({ type: 'url', url: `https://${host}.example.com/` });
  const chained = async () => {
    const world = breakerWorld();
    const erp = await world.register('erp', { fallback: [url('a'), url('b')] });
    for (const target of [0, 1, 2]) await world.open(erp, target);
    const states = async () =>
      await Promise.all([0, 1, 2].map(async (n) => (await world.stored(erp, n)).state));
    return { ...world, erp, states };
  };

  it('closes the breaker of a fallback whose address changed, by whoever changed it', async () => {
    const { deps, erp, states, historyOf } = await chained();
    await patchIntegration(deps, ME, 'erp', { fallback: [url('a'), url('c')] });
    expect(await states()).toEqual(['open', 'open', 'closed']);
    expect((await historyOf(erp, 2))[0]).toMatchObject({
      ...{ from: 'open', to: 'closed', actor: OPERATOR.keyId },
      reason: 'The address of the fallback changed.',
    });
  });

  it('does so where PUT changes it, and where links change places', async () => {
    const { deps, states } = await chained();
    const endpoint = 'https://erp.example.com/';
    await putIntegration(deps, ME, 'erp', { endpoint, fallback: [url('b'), url('a')] });
    expect(await states()).toEqual(['open', 'closed', 'closed']);
  });

  it.each([
    ['another endpoint', { endpoint: 'https://new.example.com/' }],
    ['what is no address', { fallback: [{ ...url('a'), on: ['exhausted'] }, url('b')] }],
  ])('leaves them alone after %s', async (_, patch) => {
    const { deps, states } = await chained();
    await patchIntegration(deps, ME, 'erp', patch);
    expect(await states()).toEqual(['open', 'open', 'open']);
  });

  it('begins anew what was disabled by hand, and writes nothing of one that is well', async () => {
    const { deps, clock, register, move, stored, historyOf } = breakerWorld();
    const erp = await register('erp', { fallback: [url('a'), url('b')] });
    const cause = { nowMs: clock.nowMs(), reason: 'Off.', counting: false };
    await move(erp, (breaker) => disabled(breaker, cause), 1);
    await patchIntegration(deps, ME, 'erp', { fallback: [url('c'), url('d')] });
    expect((await stored(erp, 1)).state).toBe('closed');
    await patchIntegration(deps, ME, 'erp', { fallback: [url('e'), url('f')] });
    expect((await stored(erp, 1)).version).toBe(2);
    expect(await historyOf(erp, 2)).toEqual([]);
  });

  it('is made though the breakers’ store does not answer, and says so', async () => {
    const { deps, erp, states } = await chained();
    const load = async () => {
      throw new Error('throttled');
    };
    const broken = { ...deps, breakers: { ...deps.breakers, load } };
    const patch = { fallback: [url('a'), url('c')] };
    const { fallback } = await patchIntegration(broken, ME, 'erp', patch);
    expect(fallback[1]).toMatchObject({ url: 'https://c.example.com/' });
    expect(await states()).toEqual(['open', 'open', 'open']);
    expect(deps.telemetry.lines).toContainEqual(
      expect.objectContaining({ message: 'breaker.deferred' }),
    );
    expect((await deps.integrations.byId(erp.id))?.fallback).toMatchObject(patch.fallback);
  });

  it('wins over a breaker that moves at the same time', async () => {
    const { deps, erp, open, stored } = await chained();
    let races = 0;
    const move: typeof deps.breakers.move = async (next) => {
      if (races++ < 3) await open(erp, 2);
      return await deps.breakers.move(next);
    };
    const before = await deps.integrations.byId(erp.id);
    const after = { ...erp, fallback: CHAIN.slice(0, 1).concat(CHAIN.slice(0, 1)) };
    await renewBreakers({ ...deps, breakers: { ...deps.breakers, move } }, before, after, 'key_1');
    expect((await stored(erp, 2)).state).toBe('closed');
  });
});
