import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import { cancelDelivery, retryDelivery } from '../../lib/app/delivery-actions.ts';
import { resumeIntegration } from '../../lib/app/integration-status.ts';
import { workBatch } from '../../lib/app/work.ts';
import { type Breaker, newBreaker, PRIMARY_TARGET } from '../../lib/domain/breaker.ts';
import { opened } from '../../lib/domain/breaker-transitions.ts';
import type { Delivery, DeliveryTask } from '../../lib/domain/delivery.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { ADMIN } from '../fakes/registry-world.ts';

/**
 * Doorbells that come out of the dead letters: up to a fortnight later, in any order, as often as
 * somebody presses the button.
 */

type World = ReturnType<typeof redriveWorld>;

const CALLER = { principal: ADMIN };
const DAY_MS = 86_400_000;
const HEARD_TIMES = 3;
const ROUNDS_MAX = 80;
const TOKENS_MAX = 200;

/** A delivery world that remembers every doorbell that was ever rung. */
function redriveWorld() {
  const world = deliveryWorld();
  const ever: DeliveryTask[] = [];
  const { ring } = world.queue;
  Object.assign(world.queue, {
    ring: async (doorbells: Parameters<typeof ring>[0]) => {
      ever.push(...doorbells.map(({ task }) => task));
      return ring(doorbells);
    },
  });
  const hear = async (tasks: readonly DeliveryTask[]) => {
    for (const task of tasks) await attemptDelivery(world.deps, task);
    await Promise.all(tasks.map((task) => attemptDelivery(world.deps, task)));
  };
  /** What the queues, the work function and the tick do in a minute. */
  const minute = async () => {
    await world.pump();
    const tokens = world.deps.workQueue.rung.splice(0, TOKENS_MAX);
    for (const { task, delaySeconds } of tokens.sort((a, b) => a.delaySeconds - b.delaySeconds)) {
      if (delaySeconds < 60) world.clock.advance(delaySeconds * 1000);
      await workBatch(world.deps, [{ messageId: 'm', task }], () => 55_000);
      await world.pump();
    }
    await world.minute();
    await world.pump();
  };
  return { ...world, ever, hear, minute };
}

/** Every doorbell that could ever have been rung for the delivery, on every lane. */
function everyDoorbell(delivery: Delivery): readonly DeliveryTask[] {
  const { tenant, eventId, integrationId, type, acceptedAtMs, attempts } = delivery;
  const task = { tenant, eventId, integrationId, type, acceptedAtMs };
  const body = '{"type":"order.paid","timestamp":"2026-01-15T12:00:00.000Z","data":{"n":1}}';
  const numbers = Array.from({ length: attempts.length + 2 }, (_, i) => i + 1);
  return [
    ...numbers.map((attempt) => ({ ...task, attempt, body })),
    ...numbers.map((attempt) => ({ ...task, attempt, lane: 'slow' as const })),
    { ...task, type: '', attempt: 0, lane: 'drain' },
  ];
}

async function published(more: Partial<Integration> = {}) {
  const world = redriveWorld();
  const { id } = await world.register('a', more);
  const row = async () => {
    const found = await world.delivery('mine', id);
    if (found === undefined) throw new Error('There is no delivery.');
    return found;
  };
  const publish = () => world.publish({ id: 'mine' });
  const ref = { tenant: 'default', eventId: 'mine', integrationId: id };
  return { ...world, id, row, publish, ref };
}

type Published = Awaited<ReturnType<typeof published>>;

async function openBreaker({ deps, clock, id }: Published) {
  const ref = { tenant: 'default', integrationId: id, target: PRIMARY_TARGET };
  const integration = await deps.integrations.byId(id);
  if (integration === undefined) throw new Error('There is no integration.');
  const cause = {
    nowMs: clock.nowMs(),
    dice: 0,
    reason: 'down',
    notBeforeMs: clock.nowMs() + DAY_MS,
  };
  const next: Breaker = opened(newBreaker(ref), integration.breaker, cause);
  await deps.breakers.move(next);
  clock.advance(5_000);
}

/** Ways to a delivery that nobody may attempt now. */
const QUIET: Readonly<Record<string, (world: Published) => Promise<unknown>>> = {
  delivered: async ({ publish, pump }) => {
    await publish();
    await pump();
  },
  'delivered at its second attempt': async ({ publish, pump, sender }) => {
    sender.answers(500, 200);
    await publish();
    await pump();
  },
  'failed for good': async ({ publish, pump, sender }) => {
    sender.answers(301);
    await publish();
    await pump();
  },
  'cancelled while it waited': async ({ publish, sender, take, deps, ref }) => {
    sender.answers(500);
    await publish();
    for (const { task } of take()) await attemptDelivery(deps, task);
    await cancelDelivery(deps, ref);
  },
  'waiting for a retry': async ({ publish, sender, take, deps }) => {
    sender.answers({ statusCode: 429, responseHeaders: { 'retry-after': '7200' } });
    await publish();
    for (const { task } of take()) await attemptDelivery(deps, task);
  },
  'held by a pause': async ({ publish, change, id }) => {
    await change(id, { status: 'paused' });
    await publish();
  },
  'held by an open breaker': async (world) => {
    await openBreaker(world);
    await world.publish();
  },
  'held after a 410': async ({ publish, pump, sender }) => {
    sender.answers(410);
    await publish();
    await pump();
  },
  'of an integration that was deleted': async ({ publish, pump, deps, id, sender }) => {
    sender.answers(500);
    await publish();
    await pump();
    const integration = await deps.integrations.byId(id);
    if (integration !== undefined) await deps.integrations.remove(integration);
  },
};

describe('a doorbell from the dead letters makes no request for a delivery that is', () => {
  it.each(Object.keys(QUIET).filter((name) => !name.includes('deleted')))(
    '%s, and changes nothing',
    async (name) => {
      const world = await published();
      await QUIET[name]?.(world);
      const before = await world.row();
      const requests = world.sender.sent.length;
      for (let i = 0; i < HEARD_TIMES; i++) await world.hear(everyDoorbell(before));
      expect(world.sender.sent).toHaveLength(requests);
      expect(await world.row()).toEqual(before);
    },
  );

  it('of an integration that was deleted: it ends as cancelled, or as it had ended', async () => {
    const world = await published();
    await QUIET['of an integration that was deleted']?.(world);
    const requests = world.sender.sent.length;
    await world.hear(everyDoorbell(await world.row()));
    expect(world.sender.sent).toHaveLength(requests);
    expect((await world.row()).state.status).toBe('cancelled');
  });

  it.each(['delivering', 'held'] as const)('%s, while another worker is at it', async (status) => {
    const world = await published();
    await world.publish();
    world.take();
    await world.minute();
    world.take();
    const leaseUntilMs = world.clock.nowMs() + 45_000;
    const now = await world.row();
    const state =
      status === 'held'
        ? ({ status, heldBy: 'limit', leaseUntilMs } as const)
        : ({ status, leaseUntilMs } as const);
    await world.deliveries.save({ ...now, state, attempts: [] });
    const requests = world.sender.sent.length;
    await world.hear(everyDoorbell(await world.row()));
    expect(world.sender.sent).toHaveLength(requests);
    expect((await world.row()).state).toEqual(state);
  });

  it('held for its turn in a drain, unless it is the drain’s own', async () => {
    const world = await published();
    await world.publish();
    world.take();
    await world.minute();
    world.take();
    const now = await world.row();
    const requests = world.sender.sent.length;
    await world.deliveries.save({
      ...now,
      state: { status: 'held', heldBy: 'limit' },
      attempts: [],
    });
    const others = everyDoorbell(await world.row()).filter(({ lane }) => lane !== 'drain');
    await world.hear(others);
    expect(world.sender.sent).toHaveLength(requests);
    expect((await world.row()).state).toEqual({ status: 'held', heldBy: 'limit' });
  });

  it('over for so long that nothing is left of its event', async () => {
    const world = await published();
    await world.publish();
    await world.pump();
    const before = await world.row();
    world.clock.advance(31 * DAY_MS);
    const doorbells = everyDoorbell(before);
    for (const task of doorbells) await attemptDelivery(world.deps, task);
    expect(world.sender.sent).toHaveLength(1);
    await world.change(before.integrationId, { status: 'paused' });
    for (const task of doorbells) await attemptDelivery(world.deps, task);
    expect(await world.deliveries.load(before)).toBeUndefined();
  });
});

describe('a doorbell from the dead letters loses nothing and makes one request, for one that is', () => {
  it('published, its first doorbell dead, the tick not yet there', async () => {
    const world = await published();
    await world.publish();
    world.take();
    world.clock.advance(40_000);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        Promise.all(world.ever.map((t) => attemptDelivery(world.deps, t))),
      ),
    );
    await world.minute();
    expect(world.sender.sent).toHaveLength(1);
    expect((await world.row()).state.status).toBe('delivered');
  });

  it('due again, rung for by the tick at the same time', async () => {
    const world = await published();
    world.sender.answers(500, 200);
    await world.publish();
    for (const { task } of world.take()) await attemptDelivery(world.deps, task);
    world.take();
    world.clock.advance(120_000);
    await world.minute();
    await world.hear(everyDoorbell(await world.row()));
    await world.minute();
    expect(world.sender.sent).toHaveLength(2);
    expect((await world.row()).state.status).toBe('delivered');
  });

  it('held and let go: one of many doorbells of the drain makes the request', async () => {
    const world = await published();
    await world.change(world.id, { status: 'paused' });
    await world.publish();
    await resumeIntegration(world.deps, CALLER, 'a');
    const drain = everyDoorbell(await world.row()).filter(({ lane }) => lane === 'drain');
    await Promise.all(
      Array.from({ length: 20 }, () =>
        Promise.all(drain.map((t) => attemptDelivery(world.deps, t))),
      ),
    );
    for (let i = 0; i < 5; i++) await world.minute();
    expect(world.sender.sent).toHaveLength(1);
    expect((await world.row()).state.status).toBe('delivered');
  });

  it('retried by hand: the doorbells of its first life make no request of the second', async () => {
    const world = await published();
    world.sender.answers(301, 200);
    await world.publish();
    await world.pump();
    const old = everyDoorbell(await world.row()).filter(({ attempt }) => attempt <= 1);
    await retryDelivery(world.deps, world.ref);
    world.take();
    await world.hear(old);
    expect(world.sender.sent).toHaveLength(1);
    await world.minute();
    await world.hear(world.ever);
    expect(world.sender.sent).toHaveLength(2);
    expect((await world.row()).state.status).toBe('delivered');
  });

  it('under way with a worker that died: it is attempted once more, when its lease is over', async () => {
    const world = await published();
    await world.publish();
    world.take();
    await world.minute();
    world.take();
    const now = await world.row();
    const leaseUntilMs = world.clock.nowMs() + 45_000;
    await world.deliveries.save({
      ...now,
      state: { status: 'delivering', leaseUntilMs },
      attempts: [],
    });
    const requests = world.sender.sent.length;
    world.clock.advance(45_001);
    await world.hear(everyDoorbell(await world.row()));
    for (let i = 0; i < 3; i++) await world.minute();
    expect(world.sender.sent).toHaveLength(requests + 1);
    expect((await world.row()).state.status).toBe('delivered');
  });
});

type Step =
  | { readonly do: 'publish'; readonly failures: number }
  | { readonly do: 'redrive'; readonly nth: number; readonly times: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'pump' | 'minute' | 'purge' | 'pause' | 'resume' };

const STEP = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ do: fc.constant('publish' as const), failures: fc.nat(2) }),
  fc.record({
    do: fc.constant('redrive' as const),
    nth: fc.nat(40),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  fc.record({
    do: fc.constantFrom<'pump' | 'minute' | 'purge' | 'pause' | 'resume'>(
      ...(['pump', 'minute', 'minute', 'purge', 'pause', 'resume'] as const),
    ),
  }),
);

async function take(world: World, id: Integration['id'], step: Step, failures: number[]) {
  switch (step.do) {
    case 'publish':
      await world.publish({ id: `e${failures.length}` });
      failures.push(step.failures);
      return;
    case 'redrive': {
      const task = world.ever[step.nth % Math.max(world.ever.length, 1)];
      for (let i = 0; task !== undefined && i < step.times; i++) {
        await attemptDelivery(world.deps, task);
      }
      return;
    }
    case 'wait':
      return world.clock.advance(step.seconds * 1000);
    case 'pump':
      return await world.pump();
    case 'minute':
      return await world.minute();
    case 'purge':
      world.take();
      world.deps.workQueue.rung.splice(0);
      return;
    case 'pause':
      return await world.change(id, { status: 'paused' });
    case 'resume':
      await resumeIntegration(world.deps, CALLER, 'a');
  }
}

it('whatever is redriven, whenever: each attempt is requested once, and everything arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = redriveWorld();
      const { id } = await world.register('a');
      /** By event: how many of its attempts fail before one succeeds. */
      const failures: number[] = [];
      world.sender.meanwhile = () => {
        const { headers } = world.sender.sent.at(-1) ?? {};
        const event = Number(headers?.['webhook-id']?.slice(1));
        const fails = Number(headers?.['breakwater-attempt']) <= (failures[event] ?? 0);
        world.sender.answers(fails ? 500 : 200);
      };
      for (const step of steps) {
        await take(world, id, step, failures);
      }
      await resumeIntegration(world.deps, CALLER, 'a');
      for (let round = 0; round < ROUNDS_MAX; round++) await world.minute();
      for (const [n, failed] of failures.entries()) {
        const delivery = await world.delivery(`e${n}`, id);
        expect([n, delivery?.state.status]).toEqual([n, 'delivered']);
        const numbers = world.sender.sent
          .filter(({ headers }) => headers['webhook-id'] === `e${n}`)
          .map(({ headers }) => Number(headers['breakwater-attempt']));
        expect(numbers).toEqual(Array.from({ length: failed + 1 }, (_, i) => i + 1));
      }
    }),
    { numRuns: 60 },
  );
});
