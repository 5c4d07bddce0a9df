import { describe, expect, it } from 'vitest';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import type { IntegrationLink } from '../../lib/domain/fallback.ts';
import { RETRY_DEFAULTS, type RetryPolicy } from '../../lib/domain/retry.ts';
import { settleLate } from '../../lib/domain/settlement.ts';
import { BREAKER, chainWorld, TWICE, url } from './chain-world.ts';

const LONG = { ...BREAKER, openSeconds: 3_600, maxOpenSeconds: 3_600 };
const ONCE: RetryPolicy = { ...TWICE, maxAttempts: 1 };
const onlyExhausted = (host: string) => url(host, { on: ['exhausted'] });

describe('with its doorbell lost while the breaker is open', () => {
  it('a delivery without a row goes along the chain all the same', async () => {
    const world = await chainWorld([url('dr.example.com')], { breaker: LONG });
    await world.open();
    const id = await world.publish();
    world.take();
    await world.pass(4);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
  });

  it('a delivery on its way along the chain goes on from where it stands', async () => {
    const links = [url('a.example.com'), url('b.example.com')];
    const world = await chainWorld(links, { breaker: LONG });
    await world.open();
    world.host('a.example.com', 500);
    const id = await world.publish();
    const bells = world.take().filter(({ task }) => task.eventId === id);
    for (const { task } of bells) {
      await deliverBatch(world.deps, [{ messageId: 'm', task }], () => 55_000);
    }
    expect((await world.stored(id)).chain).toMatchObject({ trigger: 'breaker-open', link: 2 });
    world.take();
    await world.pass(4);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:2' });
  });
});

describe('done with by its integration, a delivery', () => {
  it('is not held for the breaker of that integration', async () => {
    const world = await chainWorld([onlyExhausted('dr.example.com')], {
      ...{ breaker: LONG, retry: ONCE },
    });
    world.host('erp.example.com', 500);
    const ids = [await world.publish(), await world.publish(), await world.publish()];
    const firsts = () => world.take().filter(({ task }) => task.attempt === 1);
    // One of them is found in the fast lane, and comes again in the slow one.
    for (let bells = firsts(); bells.length > 0; bells = firsts()) {
      for (const { task } of bells) {
        await deliverBatch(world.deps, [{ messageId: 'm', task }], () => 55_000);
      }
    }
    expect(await world.state(0)).toBe('open');
    await world.pass(4);
    for (const id of ids) {
      expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
    }
  });

  it('goes through all rounds of its chain, however old it is', async () => {
    const retry: RetryPolicy = {
      ...{ ...RETRY_DEFAULTS, jitter: 0, maxAgeSeconds: 60 },
      timing: { kind: 'schedule', seconds: [40] },
    };
    const breaker = { ...BREAKER, enabled: false };
    const world = await chainWorld([onlyExhausted('dr.example.com')], { retry, breaker });
    for (const host of ['erp', 'dr']) world.host(`${host}.example.com`, 500);
    const id = await world.publish();
    await world.pass(20);
    expect((await world.stored(id)).chain).toMatchObject({ round: 4 });
    world.host('dr.example.com', 200);
    await world.pass(40);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
  });

  it('too old for its next try goes to its chain, whoever finds it', async () => {
    const retry: RetryPolicy = {
      ...{ ...RETRY_DEFAULTS, jitter: 0, maxAgeSeconds: 1_800 },
      timing: { kind: 'schedule', seconds: [1_790] },
    };
    const world = await chainWorld([onlyExhausted('dr.example.com')], { retry });
    world.host('erp.example.com', 500);
    const id = await world.publish();
    await world.run(1_000);
    world.clock.advance(1_900_000);
    await world.pass(3);
    expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
  });

  it('probes nothing: the breaker closes although many of its kind are held', async () => {
    const world = await chainWorld([onlyExhausted('dr.example.com')], { retry: ONCE });
    for (const host of ['erp', 'dr']) world.host(`${host}.example.com`, 500);
    for (let i = 0; i < 12; i++) await world.publish();
    await world.run(2_000);
    const waiting = await world.publish();
    await world.change(world.integration.id, { status: 'paused' });
    await world.pass(8);
    await world.change(world.integration.id, { status: 'active' });
    for (const host of ['erp', 'dr']) world.host(`${host}.example.com`, 200);
    await world.pass(4);
    expect(await world.state(0)).toBe('closed');
    expect((await world.stored(waiting)).state).toMatchObject({ via: 'primary' });
  });

  it('waits for a link that is busy, and loses no round by it', async () => {
    const world = await chainWorld([]);
    const other = await world.register('ops', {
      ...{ eventTypes: ['none.such'], limits: { perSecond: 1 } },
    });
    const link: IntegrationLink = {
      ...{ type: 'integration', integration: 'ops', integrationId: other.id, on: ['exhausted'] },
    };
    await world.change(world.integration.id, {
      ...{ retry: { ...ONCE, retryOn: [] }, fallback: [link] },
      breaker: { ...BREAKER, enabled: false },
    });
    world.host('erp.example.com', 400);
    const ids: string[] = [];
    for (let i = 0; i < 40; i++) ids.push(await world.publish());
    await world.pass(20);
    for (const id of ids) {
      expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
    }
  });

  it('is not counted by its schedule for an attempt at a fallback that came late', async () => {
    const world = await chainWorld([]);
    world.host('erp.example.com', 500);
    const id = await world.publish();
    await world.run(1_000);
    const before = await world.stored(id);
    const [attempt] = before.attempts;
    if (attempt === undefined) throw new Error('no attempt');
    const late = settleLate(before, attempt, { outcome: 'retryable' }, 1, world.clock.nowMs());
    expect(late.attempts.length - late.scheduleBase).toBe(
      before.attempts.length - before.scheduleBase,
    );
  });
});

describe('a fallback that takes the deliveries of an open breaker', () => {
  it('leaves the limits of the integration alone', async () => {
    const world = await chainWorld([url('dr.example.com')], {
      ...{ breaker: LONG, limits: { perSecond: 1, concurrency: 1 } },
    });
    world.host('erp.example.com', 500);
    for (let i = 0; i < 3; i++) {
      await world.publish();
      await world.run(2_000);
    }
    expect(await world.state(0)).toBe('open');
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) ids.push(await world.publish());
    await world.run(500);
    for (const id of ids) {
      expect((await world.stored(id)).state).toMatchObject({ via: 'fallback:1' });
    }
  });
});
