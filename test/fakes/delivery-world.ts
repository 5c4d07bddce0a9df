import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import type { Doorbell } from '../../lib/app/ports.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import { tick } from '../../lib/app/tick.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import type { NewEvent } from '../../lib/domain/event.ts';
import { type IntegrationId, ulid } from '../../lib/domain/ids.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { fakeStores } from './stores.ts';
import {
  fakeClock,
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeSender,
  fakeTelemetry,
} from './world.ts';

const STEPS_MAX = 10_000;

/** Everything the delivery path needs, in memory, on a clock that the test moves. */
export function deliveryWorld() {
  const clock = fakeClock();
  const random = fakeRandom();
  const queue = fakeDeliveryQueue();
  const deps = {
    ...fakeStores(clock),
    clock,
    random,
    telemetry: fakeTelemetry(),
    deliveryQueue: queue,
    fanOutQueue: fakeFanOutQueue(),
    sender: fakeSender(clock),
    version: '0.0.0',
  };
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
      await attemptDelivery(deps, next.task);
    }
  };
  const delivery = async (eventId: string, id: IntegrationId): Promise<Delivery | undefined> =>
    deps.deliveries.load({ tenant: 'default', eventId, integrationId: id });
  const minute = async () => {
    clock.advance(60_000);
    await tick(deps, () => 55_000);
  };
  return { ...deps, deps, queue, register, change, publish, take, pump, delivery, minute };
}
