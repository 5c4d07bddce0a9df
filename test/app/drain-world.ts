import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { type DrainDeps, drainStep } from '../../lib/app/drain-step.ts';
import type { Doorbell } from '../../lib/app/ports.ts';
import type { WorkToken } from '../../lib/app/ports-outage.ts';
import { probeWaiting } from '../../lib/app/probe-waiting.ts';
import { runSweeps } from '../../lib/app/sweep.ts';
import { type WatchDeps, watchBreakers } from '../../lib/app/watch-breakers.ts';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { gate } from '../../lib/domain/breaker-gate.ts';
import { closed, opened } from '../../lib/domain/breaker-transitions.ts';
import type { HeldBy } from '../../lib/domain/delivery.ts';
import { newDelivery } from '../../lib/domain/delivery-transitions.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { fakeStores } from '../fakes/stores.ts';
import {
  fakeClock,
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeTelemetry,
  fakeWorkQueue,
} from '../fakes/world.ts';

export const ERP = { tenant: 'default', id: 'int_erp' } as const;
export const TARGET = { tenant: 'default', integrationId: ERP.id, target: 0 } as const;

type Waiting<T> = readonly { readonly atMs: number; readonly it: T }[];

/**
 * One integration that holds deliveries, on a clock that goes second by second: tokens and
 * doorbells come out of their queues when their delay is over, the tick runs each minute. In
 * place of `deliver`, whatever is rung for and may be sent is delivered at once, or so many in
 * each second.
 */
export function drainWorld({ callsPerSecond = Number.POSITIVE_INFINITY } = {}) {
  const clock = fakeClock();
  const deliveryQueue = fakeDeliveryQueue();
  const workQueue = fakeWorkQueue();
  const telemetry = fakeTelemetry();
  const stores = fakeStores(clock);
  const base = { ...stores, clock, telemetry, deliveryQueue, workQueue, random: fakeRandom() };
  const board = breakerBoard(base);
  const deps = { ...base, board, fanOutQueue: fakeFanOutQueue() } satisfies WatchDeps & DrainDeps;
  /** What arrived, in order. */
  const arrived: { readonly eventId: string; readonly atMs: number }[] = [];
  let bells: Waiting<Doorbell['task']> = [];
  let tokens: Waiting<WorkToken['task']> = [];
  let passed = 0;
  let doorbells = 0;

  const create = async (more: Partial<Integration> = {}): Promise<Integration> => {
    const integration: Integration = {
      ...{ ...ERP, name: 'erp', serviceType: 'webhook', description: '', metadata: {} },
      ...{ endpoint: 'https://erp.example.com/hooks', eventTypes: ['order.*'] },
      ...{ request: REQUEST_DEFAULTS, auth: { type: 'none' }, signing: { scheme: 'none' } },
      ...{
        retry: RETRY_DEFAULTS,
        breaker: BREAKER_DEFAULTS,
        limits: {},
        fallback: [],
        ordering: 'none',
        status: 'active',
      },
      ...{ disabledReason: null, createdAtMs: 0, updatedAtMs: 0, version: 1 },
      ...more,
    };
    await stores.integrations.create(integration);
    return integration;
  };
  const change = async (more: Partial<Integration>) => {
    const current = await stores.integrations.byId(ERP.id);
    if (current === undefined) throw new Error('There is no integration.');
    await stores.integrations.save({ ...current, ...more }, current.name);
  };
  let made = 0;
  const hold = async (count: number, heldBy: HeldBy = 'breaker') => {
    for (let i = 0; i < count; i++) {
      const eventId = `evt-${String(made++).padStart(6, '0')}`;
      const seed = { tenant: 'default', eventId, integrationId: ERP.id, type: 'order.paid' };
      const row = newDelivery(
        { ...seed, acceptedAtMs: clock.nowMs() - 1_000_000 + made },
        { status: 'held', heldBy },
      );
      await stores.deliveries.save(row);
    }
  };
  const heldNow = async () =>
    (await stores.deliveries.held({ integrationId: ERP.id, limit: 100_000 })).map(
      ({ eventId }) => eventId,
    );
  /** Makes transitions of the breaker, as somebody did who told nobody. */
  const move = async (make: (breaker: Breaker) => Breaker): Promise<Breaker> => {
    const next = make((await stores.breakers.load(TARGET)) ?? newBreaker(TARGET));
    await stores.breakers.move(next);
    await stores.breakers.published(TARGET, next.version);
    return next;
  };
  const open = () =>
    move((one) =>
      opened(one, BREAKER_DEFAULTS, { nowMs: clock.nowMs(), reason: 'It failed.', dice: 0 }),
    );
  const close = () => move((one) => closed(one, { nowMs: clock.nowMs(), reason: 'It is well.' }));

  /** True if it took a call. */
  const deliver = async (task: Doorbell['task']): Promise<boolean> => {
    const [integration, breaker, row] = await Promise.all([
      stores.integrations.byId(task.integrationId),
      stores.breakers.load(TARGET),
      stores.deliveries.load(task),
    ]);
    if (integration?.status !== 'active' || row?.state.status !== 'held') return false;
    if (gate(breaker, integration.breaker, clock.nowMs()).kind !== 'pass') return false;
    const completedAtMs = clock.nowMs();
    await stores.deliveries.save({
      ...row,
      state: { status: 'delivered', via: 'primary', completedAtMs },
    });
    arrived.push({ eventId: task.eventId, atMs: completedAtMs });
    return true;
  };
  const collect = () => {
    const atMs = (delaySeconds: number) => clock.nowMs() + delaySeconds * 1_000;
    const rung = deliveryQueue.rung.splice(0);
    doorbells += rung.length;
    bells = [...bells, ...rung.map((one) => ({ atMs: atMs(one.delaySeconds), it: one.task }))];
    const given = workQueue.rung.splice(0);
    tokens = [...tokens, ...given.map((one) => ({ atMs: atMs(one.delaySeconds), it: one.task }))];
  };
  const second = async () => {
    collect();
    const isDue = ({ atMs }: { readonly atMs: number }) => atMs <= clock.nowMs();
    const work = tokens.filter(isDue);
    tokens = tokens.filter((one) => !isDue(one));
    for (const { it } of work) {
      if (it.kind === 'drain') await drainStep(deps, it);
      if (it.kind === 'probe') await probeWaiting(deps, it);
    }
    collect();
    const due = bells.filter(isDue);
    let heard = 0;
    for (let calls = 0; calls < callsPerSecond && heard < due.length; heard++) {
      const bell = due[heard];
      if (bell !== undefined && (await deliver(bell.it))) calls += 1;
    }
    bells = [...due.slice(heard), ...bells.filter((one) => !isDue(one))];
    clock.advance(1_000);
    passed += 1;
    if (passed % 60 === 0) await tick();
  };
  const tick = async () => {
    await runSweeps(deps, () => false);
    await watchBreakers(deps, () => false);
  };
  const run = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) await second();
  };
  /** How many arrived in each second of the clock that saw any. */
  const perSecond = () =>
    Map.groupBy(arrived, ({ atMs }) => atMs)
      .values()
      .map((some) => some.length)
      .toArray();
  return {
    /** How many doorbells there were in all. */
    doorbells: () => doorbells,
    ...{ deps, clock, telemetry, deliveryQueue, workQueue, arrived, create, change, hold },
    ...{ heldNow, open, close, move, run, tick, perSecond, stores },
    /** Forgets what is in the queues, as a purge does. */
    purge: () => {
      collect();
      [bells, tokens] = [[], []];
    },
  };
}
