import { describe, expect, it } from 'vitest';
import { CHAIN_ROUNDS_MAX } from '../../lib/domain/delivery-chain.ts';
import { restart } from '../../lib/domain/delivery-transitions.ts';
import type { FallbackChain } from '../../lib/domain/fallback.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { BOTH, BREAKER, chainWorld, TWICE, url } from './chain-world.ts';

describe('while the breaker is open', () => {
  it('a fallback URL takes the deliveries, and says so; the primary gets none', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open();
    expect(await world.state(0)).toBe('open');
    const before = world.called().length;
    const id = await world.publish();
    await world.run(1_000);
    expect(world.called().slice(before)).toEqual(['dr.example.com']);
    expect(await world.stored(id)).toMatchObject({
      state: { status: 'delivered', via: 'fallback:1' },
      attempts: [{ number: 1, target: 'https://dr.example.com/hooks', outcome: 'success' }],
    });
  });

  it('has its own credentials, never those of the integration', async () => {
    const chain = [url('dr.example.com', { auth: { type: 'bearer', token: 'own-token' } })];
    const auth = { type: 'bearer', token: 'primary-token' } as const;
    const world = await chainWorld(chain, { auth });
    await world.open();
    await world.publish();
    await world.run(1_000);
    const call = world.sender.sent.at(-1);
    expect(call?.url).toBe('https://dr.example.com/hooks');
    expect(call?.headers.authorization).toBe('Bearer own-token');
    expect(JSON.stringify(call)).not.toContain('primary-token');
  });

  it('what no link takes is held, and arrives at the primary when that is back', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open(['erp.example.com', 'dr.example.com']);
    const id = await world.publish();
    await world.run(5_000);
    expect((await world.stored(id)).state).toMatchObject({ status: 'held', heldBy: 'breaker' });
    expect((await world.stored(id)).chain).toBeUndefined();
    world.host('erp.example.com', 200);
    await world.pass(5);
    expect((await world.stored(id)).state).toMatchObject({ status: 'delivered', via: 'primary' });
  });

  it('the fallback has a breaker of its own: when it is open nobody calls it', async () => {
    const world = await chainWorld([url('dr.example.com'), url('dr2.example.com')]);
    await world.open(['erp.example.com', 'dr.example.com']);
    for (let i = 0; i < 4; i++) await world.publish();
    await world.run(1_000);
    expect(await world.state(1)).toBe('open');
    const before = world.called().length;
    const id = await world.publish();
    await world.run(1_000);
    expect(world.called().slice(before)).toEqual(['dr2.example.com']);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:2' });
  });

  it('a hold in the chain keeps what is behind it from being called', async () => {
    const chain: FallbackChain = [
      { type: 'hold', on: ['breaker-open'] },
      url('dr.example.com', { on: ['exhausted'] }),
    ];
    const world = await chainWorld(chain);
    await world.open();
    const id = await world.publish();
    expect((await world.stored(id)).state).toMatchObject({ status: 'held', heldBy: 'breaker' });
    expect(world.take().filter(({ delaySeconds }) => delaySeconds === 0)).toEqual([]);
    expect(world.called()).not.toContain('dr.example.com');
  });

  it('it goes back to the primary by itself', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open();
    world.host('erp.example.com', 200);
    world.clock.advance(40_000);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      ids.push(await world.publish());
      await world.run(1_000);
    }
    expect(await world.state(0)).toBe('closed');
    const before = world.called().length;
    await world.publish();
    await world.run(1_000);
    expect(world.called().slice(before)).toEqual(['erp.example.com']);
  });
});

describe('when the tries are used up', () => {
  it('another integration gets it in its own shape, by its own breaker', async () => {
    const world = deliveryWorld();
    const slack = await world.register('ops-slack', {
      serviceType: 'slack',
      eventTypes: ['none.such'],
    });
    const link = {
      type: 'integration',
      integration: 'ops-slack',
      integrationId: slack.id,
    } as const;
    const fallback: FallbackChain = [{ ...link, on: ['exhausted'] }];
    const erp = await world.register('erp', { retry: TWICE, fallback });
    world.sender.hostAnswers('erp.example.com', 500);
    await world.publish({ id: 'e1' });
    await world.run(10_000);
    expect(world.sender.sent.map(({ url: to }) => to)).toEqual([
      'https://erp.example.com/hooks',
      'https://erp.example.com/hooks',
      'https://ops-slack.example.com/hooks',
    ]);
    const body = new TextDecoder().decode(world.sender.sent.at(-1)?.body);
    expect(JSON.parse(body)).toHaveProperty('blocks');
    const stored = await world.delivery('e1', erp.id);
    expect(stored).toMatchObject({ state: { status: 'delivered', via: 'fallback:1' } });
    expect(stored?.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(await world.delivery('e1', slack.id)).toBeUndefined();
  });

  it('a refusal for good is passed on at once', async () => {
    const retry = { ...TWICE, retryOn: ['5xx'] };
    const world = await chainWorld([url('dr.example.com')], { retry });
    world.host('erp.example.com', 400);
    const id = await world.publish();
    await world.run(1_000);
    expect(world.called()).toEqual(['erp.example.com', 'dr.example.com']);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
  });

  it('the links are tried in order, round after round, then it has failed', async () => {
    const links = [url('a.example.com'), url('b.example.com')];
    const breaker = { ...BREAKER, enabled: false };
    const world = await chainWorld(links, { retry: TWICE, breaker });
    for (const name of ['erp', 'a', 'b']) world.host(`${name}.example.com`, 500);
    const id = await world.publish();
    await world.pass(200);
    const round = ['a.example.com', 'b.example.com'];
    const rounds = Array.from({ length: CHAIN_ROUNDS_MAX }, () => round).flat();
    expect(world.called()).toEqual(['erp.example.com', 'erp.example.com', ...rounds]);
    expect((await world.stored(id)).state.status).toBe('failed');
    await world.pass(10);
    expect(world.called()).toHaveLength(2 + rounds.length);
  });

  it('a fallback that comes back in time takes it in a later round', async () => {
    const world = await chainWorld([url('a.example.com')], { retry: TWICE });
    for (const name of ['erp', 'a']) world.host(`${name}.example.com`, 500);
    const id = await world.publish();
    await world.run(10_000);
    expect((await world.stored(id)).chain).toEqual({ trigger: 'exhausted', link: 1, round: 2 });
    world.host('a.example.com', 200);
    await world.pass(3);
    expect((await world.stored(id)).state).toMatchObject({
      status: 'delivered',
      via: 'fallback:1',
    });
  });

  it('without a link for it, it has failed', async () => {
    const world = await chainWorld([url('dr.example.com', { on: ['breaker-open'] })], {
      retry: { ...TWICE, maxAttempts: 1 },
    });
    world.host('erp.example.com', 500);
    const id = await world.publish();
    await world.run(1_000);
    expect((await world.stored(id)).state.status).toBe('failed');
    expect(world.called()).toEqual(['erp.example.com']);
  });

  it('retried by hand it asks its integration first', async () => {
    const world = await chainWorld([url('a.example.com')], { retry: TWICE });
    world.host('erp.example.com', 500);
    const id = await world.publish();
    await world.run(10_000);
    const again = restart(await world.stored(id), world.clock.nowMs());
    expect(again.chain).toBeUndefined();
    expect(again.scheduleBase).toBe(3);
  });
});

describe('a fallback', () => {
  it('is not counted by the schedule of its integration', async () => {
    const world = await chainWorld([url('dr.example.com', { on: ['breaker-open'] })]);
    await world.open(['erp.example.com', 'dr.example.com']);
    const id = await world.publish();
    await world.run(1_000);
    const { attempts, scheduleBase } = await world.stored(id);
    expect(attempts).toHaveLength(1);
    expect(scheduleBase).toBe(1);
  });

  it('that answers 410 disables nothing', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open();
    world.host('dr.example.com', 410);
    await world.publish();
    await world.run(1_000);
    expect((await world.integrations.byId(world.integration.id))?.status).toBe('active');
  });

  it('gets nothing of a paused integration', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open();
    await world.change(world.integration.id, { status: 'paused' });
    const id = await world.publish();
    await world.run(1_000);
    expect((await world.stored(id)).state).toMatchObject({ status: 'held', heldBy: 'pause' });
    expect(world.called()).not.toContain('dr.example.com');
  });

  it('that is gone is left out', async () => {
    const gone = { type: 'integration', integration: 'x', integrationId: 'int_x' } as const;
    const chain: FallbackChain = [{ ...gone, on: BOTH }, url('dr.example.com')];
    const world = await chainWorld(chain);
    await world.open();
    const id = await world.publish();
    await world.run(1_000);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:2' });
  });

  it('of another integration keeps within its limits', async () => {
    const world = deliveryWorld();
    const other = await world.register('other', {
      eventTypes: ['none.such'],
      limits: { perSecond: 1 },
    });
    const link = { type: 'integration', integration: 'other', integrationId: other.id } as const;
    const fallback: FallbackChain = [{ ...link, on: BOTH }, url('last.example.com')];
    await world.register('erp', { breaker: BREAKER, fallback });
    world.sender.hostAnswers('erp.example.com', 500);
    for (let i = 0; i < 3; i++) await world.publish({ id: `a${i}` });
    await world.run(1_000);
    const before = world.sender.sent.length;
    for (let i = 0; i < 3; i++) await world.publish({ id: `b${i}` });
    await world.run(500);
    const hosts = world.sender.sent.slice(before).map(({ url: to }) => URL.parse(to)?.hostname);
    expect(hosts.sort()).toEqual(['last.example.com', 'last.example.com', 'other.example.com']);
  });

  it('rung twice is called once', async () => {
    const world = await chainWorld([url('dr.example.com')]);
    await world.open();
    world.take();
    const before = world.called().length;
    await world.publish();
    const bells = world.take();
    world.queue.rung.push(...bells, ...bells);
    await world.run(1_000);
    expect(world.called().slice(before)).toEqual(['dr.example.com']);
  });
});
