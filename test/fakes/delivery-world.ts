import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { breakerTally } from '../../lib/app/breaker-tally.ts';
import { callBudgets } from '../../lib/app/call-budgets.ts';
import { answersKept } from '../../lib/app/call-cache.ts';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import { limitDrains } from '../../lib/app/limit-drains.ts';
import { oauth2Tokens } from '../../lib/app/oauth2-tokens.ts';
import type { Doorbell } from '../../lib/app/ports.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import { tick } from '../../lib/app/tick.ts';
import { workBatch } from '../../lib/app/work.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import type { NewEvent } from '../../lib/domain/event.ts';
import { type IntegrationId, ulid } from '../../lib/domain/ids.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { fakeStores } from './stores.ts';
import { fakeDigestKey } from './stores-audit.ts';
import {
  fakeClock,
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeSender,
  fakeTelemetry,
  fakeWorkQueue,
} from './world.ts';

const STEPS_MAX = 100_000;
const REMAINING_MS = 55_000;

/** Everything the delivery path needs, in memory, on a clock that the test moves. */
export function deliveryWorld() {
  const clock = fakeClock();
  const random = fakeRandom();
  const queue = fakeDeliveryQueue();
  const work = fakeWorkQueue();
  const common = {
    ...fakeStores(clock),
    ...fakeDigestKey(clock.nowMs()),
    clock,
    random,
    telemetry: fakeTelemetry(),
    deliveryQueue: queue,
    workQueue: work,
    fanOutQueue: fakeFanOutQueue(),
    sender: fakeSender(clock),
    version: '0.0.0',
  };
  /** What one function instance has of its own: another sees only what is stored. */
  const instance = (name: string) => ({
    ...common,
    board: breakerBoard(common),
    tally: breakerTally(),
    instance: name,
    limitDrains: limitDrains(common),
    budgets: callBudgets(clock),
    answersKept: answersKept(),
    tokens: oauth2Tokens(common),
  });
  const deps = instance('first');
  const register = async (name: string, more: Partial<Integration> = {}): Promise<Integration> => {
    const integration: Integration = {
      id: `int_${ulid(clock.nowMs(), random.bytes(10))}`,
      tenant: 'default',
      name,
      serviceType: 'webhook',
      endpoint: `https://${name}.example.com/hooks`,
      description: '',
      metadata: {},
      eventTypes: ['*'],
      request: REQUEST_DEFAULTS,
      auth: { type: 'none' },
      signing: { scheme: 'none' },
      retry: { ...RETRY_DEFAULTS, jitter: 0 },
      breaker: BREAKER_DEFAULTS,
      limits: {},
      fallback: [],
      ordering: 'none',
      status: 'active',
      disabledReason: null,
      createdAtMs: clock.nowMs(),
      updatedAtMs: clock.nowMs(),
      version: 1,
      ...more,
    };
    await deps.integrations.create(integration);
    return integration;
  };
  const change = async (id: IntegrationId, more: Partial<Integration>) => {
    const current = await deps.integrations.byId(id);
    if (current === undefined) throw new Error(`no integration ${id}`);
    await deps.integrations.save({ ...current, ...more }, current.name);
  };
  const publish = (event: Partial<NewEvent> = {}) =>
    publishEvent(deps, { tenant: 'default', type: 'order.paid', data: { n: 1 }, ...event });
  /** Takes what is in the queue, as SQS would hand it out now. */
  const take = (): Doorbell[] => queue.rung.splice(0);
  /** Delivers doorbells, moving the clock by their delays, until the queue is empty. */
  const pump = async () => {
    for (let step = 0; step < STEPS_MAX && queue.rung.length > 0; step++) {
      const next = queue.rung.sort((a, b) => a.delaySeconds - b.delaySeconds).shift();
      if (next === undefined) return;
      clock.advance(next.delaySeconds * 1000);
      await deliverOne(next);
    }
  };
  const deliverOne = async ({ task }: Doorbell) => {
    const failed = await deliverBatch(deps, [{ messageId: 'm', task }], () => REMAINING_MS);
    if (failed.length > 0) throw new Error('A delivery broke down.');
  };
  const leftOver: { readonly atMs: number; readonly run: () => Promise<void> }[] = [];
  /** Everything that waits in either queue, at its time, until `ms` have passed. */
  const run = async (ms: number) => {
    const untilMs = clock.nowMs() + ms;
    let bells = leftOver.splice(0);
    for (let step = 0; step < STEPS_MAX; step++) {
      const nowMs = clock.nowMs();
      const timed = (delaySeconds: number, run: () => Promise<void>) => ({
        atMs: nowMs + delaySeconds * 1000,
        run,
      });
      bells.push(...take().map((bell) => timed(bell.delaySeconds, () => deliverOne(bell))));
      const tokens = work.rung.splice(0);
      bells.push(
        ...tokens.map(({ task, delaySeconds }) =>
          timed(delaySeconds, async () => {
            const batch = [{ messageId: 'm', task }];
            const failed = await workBatch(deps, batch, () => REMAINING_MS);
            if (failed.length > 0) throw new Error('Work broke down.');
          }),
        ),
      );
      bells = bells.sort((a, b) => a.atMs - b.atMs);
      const next = bells[0];
      if (next === undefined || next.atMs > untilMs) break;
      bells.shift();
      clock.advance(Math.max(next.atMs - nowMs, 0));
      await next.run();
    }
    clock.advance(Math.max(untilMs - clock.nowMs(), 0));
    leftOver.push(...bells);
  };
  const delivery = async (eventId: string, id: IntegrationId): Promise<Delivery | undefined> =>
    deps.deliveries.load({ tenant: 'default', eventId, integrationId: id });
  const minute = async () => {
    clock.advance(60_000);
    await tick(deps, () => 55_000);
  };
  return {
    ...deps,
    ...{
      deps,
      instance,
      queue,
      work,
      register,
      change,
      publish,
      take,
      pump,
      run,
      delivery,
      minute,
    },
  };
}
