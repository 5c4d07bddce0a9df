import { describe, expect, it } from 'vitest';
import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import { cancelDelivery, replayEvent, retryDelivery } from '../../lib/app/delivery-actions.ts';
import { fanOut } from '../../lib/app/fan-out.ts';
import { letGoOldest } from '../../lib/app/probe-waiting.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import { runSweep } from '../../lib/app/sweep.ts';
import { tick } from '../../lib/app/tick.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import type { DeliveryTask } from '../../lib/domain/delivery.ts';
import type { UrlLink } from '../../lib/domain/fallback.ts';
import type { IntegrationId } from '../../lib/domain/ids.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';

type World = ReturnType<typeof deliveryWorld>;
type Deps = World['deps'];

const CALLS_MAX = 400;
const PORTS = [
  'integrations',
  'targets',
  'events',
  'deliveries',
  'progress',
  'deliveryQueue',
  'fanOutQueue',
  'workQueue',
  'breakers',
  'drains',
  'sender',
] as const;

/** Runs the step for every call it makes, killed there; until it comes through unharmed. */
async function atEveryCall(
  scenario: (
    kill: (step: (deps: Deps) => Promise<unknown>, world: World) => Promise<'died' | 'done'>,
  ) => Promise<void>,
): Promise<number> {
  for (const when of ['before', 'after'] as const) {
    let unharmed = false;
    for (let n = 1; n <= CALLS_MAX && !unharmed; n++) {
      await scenario(async (step, world) => {
        const { deps, reached } = dyingAt(world.deps, PORTS, n, when);
        await untilDeath(step(deps));
        unharmed = !reached();
        return reached() ? 'died' : 'done';
      });
      if (unharmed && when === 'after') return n - 1;
    }
  }
  throw new Error(`The step makes more than ${CALLS_MAX} calls.`);
}

/** What happens by itself afterwards: minutes pass, doorbells are heard. */
async function recover(world: World, minutes = 8) {
  for (let i = 0; i < minutes; i++) {
    await world.pump();
    await world.run(5_000);
    await world.minute();
  }
  await world.run(60_000);
}

async function expectDelivered(world: World, eventId: string, id: IntegrationId, requests: number) {
  const delivery = await world.delivery(eventId, id);
  expect(delivery?.state.status).toBe('delivered');
  const urls = world.sender.sent.filter(({ headers }) => headers['webhook-id'] === eventId);
  expect(urls.length).toBeGreaterThanOrEqual(1);
  expect(urls.length).toBeLessThanOrEqual(requests);
}

const fallbackUrl = (host: string): UrlLink => ({
  ...{ type: 'url', url: `https://${host}.example.com/`, on: ['exhausted'] },
  ...{ auth: { type: 'none' }, headers: {} },
});

const EVENT = { tenant: 'default', type: 'order.paid', id: 'mine', data: { n: 1 } };

describe('killed at every call, before it and after it', () => {
  it('publish: the caller tries again, and each integration gets the event once', async () => {
    const calls = await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const a = await world.register('a');
      const b = await world.register('b', { status: 'paused' });
      await kill((deps) => publishEvent(deps, EVENT), world);
      await publishEvent(world.deps, EVENT);
      await recover(world);
      await expectDelivered(world, 'mine', a.id, 1);
      expect((await world.delivery('mine', b.id))?.state.status).toBe('held');
    });
    expect(calls).toBeGreaterThanOrEqual(4);
  });

  it('publish that was answered: nobody tries again, and it is delivered all the same', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a');
      await kill((deps) => publishEvent(deps, EVENT), world);
      const stored = await world.events.get({ tenant: 'default', eventId: 'mine' });
      await recover(world);
      if (stored !== undefined) await expectDelivered(world, 'mine', id, 1);
      else expect(world.sender.sent).toEqual([]);
    });
  });

  it.each([0, 20_000])(
    'deliver, %i ms after acceptance: at most one request too many',
    async (ageMs) => {
      const calls = await atEveryCall(async (kill) => {
        const world = deliveryWorld();
        const { id } = await world.register('a');
        await publishEvent(world.deps, EVENT);
        world.clock.advance(ageMs);
        const [doorbell] = world.take();
        if (doorbell === undefined) throw new Error('no doorbell');
        await kill((deps) => attemptDelivery(deps, doorbell.task), world);
        await recover(world);
        await expectDelivered(world, 'mine', id, 2);
      });
      expect(calls).toBeGreaterThanOrEqual(4);
    },
  );

  it('deliver that fails: the retry comes whatever dies', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a');
      world.sender.answers(500, 200);
      await publishEvent(world.deps, EVENT);
      const [doorbell] = world.take();
      if (doorbell === undefined) throw new Error('no doorbell');
      await kill((deps) => attemptDelivery(deps, doorbell.task), world);
      await recover(world);
      await expectDelivered(world, 'mine', id, 3);
    });
  });

  it.each([
    ['at the primary', 0],
    ['at the first fallback', 1],
    ['at the second fallback', 2],
  ])('deliver along a chain, %s: a link takes it whatever dies', async (_, step) => {
    const calls = await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a', {
        retry: { ...RETRY_DEFAULTS, jitter: 0, maxAttempts: 1 },
        fallback: [fallbackUrl('b'), fallbackUrl('c')],
      });
      for (const host of ['a', 'b']) world.sender.hostAnswers(`${host}.example.com`, 500);
      await publishEvent(world.deps, EVENT);
      for (let done = 0; done < step; done++) {
        const [doorbell] = world.take();
        if (doorbell === undefined) throw new Error('no doorbell');
        await attemptDelivery(world.deps, doorbell.task);
      }
      const [doorbell] = world.take();
      if (doorbell === undefined) throw new Error('no doorbell');
      await kill((deps) => attemptDelivery(deps, doorbell.task), world);
      await recover(world);
      expect((await world.delivery('mine', id))?.state).toMatchObject({ via: 'fallback:2' });
      expect(world.sender.sent.length).toBeLessThanOrEqual(4);
    });
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  it('deliver that is answered 410: held and disabled, and a resume sends it', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a');
      world.sender.answers(410);
      await publishEvent(world.deps, EVENT);
      const [doorbell] = world.take();
      if (doorbell === undefined) throw new Error('no doorbell');
      await kill((deps) => attemptDelivery(deps, doorbell.task), world);
      await recover(world);
      expect((await world.delivery('mine', id))?.state.status).toBe('held');
      expect((await world.integrations.byId(id))?.status).toBe('disabled');
    });
  });

  it('tick: whatever it was at is done by the next', async () => {
    const calls = await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const a = await world.register('a');
      const b = await world.register('b');
      world.sender.answers(500, 200);
      await publishEvent(world.deps, { ...EVENT, id: 'retried', integrations: ['a'] });
      await world.pump();
      world.sender.answers(200);
      await publishEvent(world.deps, EVENT);
      world.take();
      world.clock.advance(60_000);
      await kill((deps) => tick(deps, () => 55_000), world);
      await recover(world);
      await expectDelivered(world, 'mine', a.id, 2);
      await expectDelivered(world, 'mine', b.id, 2);
    });
    expect(calls).toBeGreaterThanOrEqual(10);
  });

  it('fan-out: every target is rung in the end, and requested once', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const targets = [];
      for (let i = 0; i < 51; i++) targets.push(await world.register(`i${i}`));
      await publishEvent(world.deps, EVENT);
      await kill((deps) => fanOut(deps, { tenant: 'default', eventId: 'mine' }), world);
      await recover(world, 4);
      expect(world.sender.sent).toHaveLength(51);
    });
  });

  it('release after a pause: nothing stays held', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a', { status: 'paused' });
      await publishEvent(world.deps, EVENT);
      const startedAtMs = world.clock.nowMs();
      const sweep = { kind: 'release', tenant: 'default', integrationId: id, startedAtMs } as const;
      await world.progress.startSweep(sweep);
      await world.change(id, { status: 'active' });
      await kill((deps) => runSweep(deps, sweep, () => false), world);
      await recover(world);
      await expectDelivered(world, 'mine', id, 1);
    });
  });

  it('retry and replay by hand: asked again, they end as asked', async () => {
    const ref = { tenant: 'default', eventId: 'mine' };
    for (const again of ['retry', 'replay'] as const) {
      await atEveryCall(async (kill) => {
        const world = deliveryWorld();
        const { id } = await world.register('a');
        world.sender.answers(301);
        await publishEvent(world.deps, EVENT);
        await world.pump();
        world.sender.answers(200);
        const died = await kill(
          (deps) =>
            again === 'retry'
              ? retryDelivery(deps, { ...ref, integrationId: id })
              : replayEvent(deps, ref, undefined),
          world,
        );
        if (died === 'died') await replayEvent(world.deps, ref, undefined);
        await recover(world);
        await expectDelivered(world, 'mine', id, 3);
      });
    }
  });

  it('cancel: it is cancelled or it is not, and asking again settles it', async () => {
    await atEveryCall(async (kill) => {
      const world = deliveryWorld();
      const { id } = await world.register('a', { status: 'paused' });
      await publishEvent(world.deps, EVENT);
      const ref = { tenant: 'default', eventId: 'mine', integrationId: id };
      const died = await kill((deps) => cancelDelivery(deps, ref), world);
      const before = (await world.delivery('mine', id))?.state.status;
      if (died === 'died' && before === 'held') await cancelDelivery(world.deps, ref);
      await recover(world, 2);
      expect((await world.delivery('mine', id))?.state.status).toBe('cancelled');
      expect(world.sender.sent).toEqual([]);
    });
  });

  it.each(['opens', 'is probed', 'closes'] as const)(
    'a breaker %s: its state is one of the two, and everything arrives in the end',
    async (moment) => {
      const calls = await atEveryCall(async (kill) => {
        const { world, id } = await outageUntil(moment);
        const bells = world.take().filter(({ delaySeconds }) => delaySeconds === 0);
        expect(bells.length).toBeGreaterThan(0);
        world.sender.answers(moment === 'opens' ? 500 : 200);
        await kill(async (deps) => {
          for (const { task } of bells) await deliverOne(deps, task);
        }, world);
        world.sender.answers(200);
        for (let minute = 0; minute < 12; minute++) {
          await world.run(30_000);
          await world.minute();
        }
        for (const eventId of ['e0', 'e1', 'e2', 'e3', 'e4']) {
          await expectDelivered(world, eventId, id, 4);
        }
      });
      expect(calls).toBeGreaterThanOrEqual(8);
    },
  );
});

async function deliverOne(deps: Deps, task: DeliveryTask): Promise<void> {
  await deliverBatch(deps, [{ messageId: 'm', task }], () => 55_000);
}

/** An outage, up to just before the attempt that matters: its doorbell is in the queue. */
async function outageUntil(moment: 'opens' | 'is probed' | 'closes') {
  const world = deliveryWorld();
  const breaker = {
    ...BREAKER_DEFAULTS,
    consecutiveFailures: 2,
    halfOpenCalls: moment === 'closes' ? 1 : 2,
  };
  const { id } = await world.register('a', { breaker });
  world.sender.answers(500);
  for (const eventId of ['e0', 'e1']) {
    await publishEvent(world.deps, { ...EVENT, id: eventId });
    if (eventId === 'e1' && moment === 'opens') break;
    const bells = world.take();
    for (const { task } of bells) await deliverOne(world.deps, { ...task, lane: 'slow' });
    world.take();
  }
  for (const eventId of ['e2', 'e3', 'e4']) {
    await publishEvent(world.deps, { ...EVENT, id: eventId });
  }
  if (moment === 'opens') return { world, id };
  const sign = world.board.sign({ tenant: 'default', integrationId: id, target: 0 });
  world.clock.advance((sign?.openUntilMs ?? 0) - world.clock.nowMs());
  await letGoOldest(world.deps, { tenant: 'default', id }, 1);
  return { world, id };
}
