import type { Published } from '../../lib/app/accept-event.ts';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import type { Doorbell } from '../../lib/app/ports.ts';
import { tick } from '../../lib/app/tick.ts';
import type { IntegrationId } from '../../lib/domain/ids.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

export type LineWorld = Awaited<ReturnType<typeof lineWorld>>;
type Deps = ReturnType<typeof deliveryWorld>['deps'];

/** A call as the other side saw it. */
export interface Seen {
  readonly eventId: string;
  readonly key: string;
  readonly ok: boolean;
  readonly atMs: number;
}

/** One integration that keeps order, and the other side, which knows every event's key. */
export async function lineWorld(more: Partial<Integration> = {}) {
  const world = deliveryWorld();
  const { id } = await world.register('erp', { ordering: 'fifo', ...more });
  const keys = new Map<string, string>();
  const seen: Seen[] = [];
  const busy = new Set<string>();
  /** Events that were called while another of their key was. */
  const overlaps: string[] = [];
  const other = {
    answer: (_eventId: string, _nth: number): number => 200,
    meanwhile: async (_eventId: string): Promise<void> => {},
  };
  world.sender.send = async (call) => {
    const eventId = call.headers['webhook-id'] ?? '';
    const key = keys.get(eventId) ?? eventId;
    if (busy.has(key)) overlaps.push(eventId);
    busy.add(key);
    const startedAtMs = world.clock.nowMs();
    const nth = seen.filter((one) => one.eventId === eventId).length + 1;
    await other.meanwhile(eventId);
    const statusCode = other.answer(eventId, nth);
    busy.delete(key);
    const nowMs = world.clock.nowMs();
    seen.push({ eventId, key, ok: statusCode < 300, atMs: nowMs });
    return {
      ...{ startedAtMs, latencyMs: nowMs - startedAtMs, statusCode, error: null },
      ...{ responseHeaders: {}, responseBody: '' },
    };
  };
  let made = 0;
  const publish = async (key: string, event: object = {}): Promise<Published> => {
    const eventId = `e${String(++made).padStart(3, '0')}`;
    keys.set(eventId, key);
    return await world.publish({ id: eventId, orderingKey: key, ...event });
  };
  const publishMany = async (key: string, count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push((await publish(key)).id);
    return ids;
  };
  const deliver = async ({ task }: Pick<Doorbell, 'task'>, deps: Deps = world.deps) => {
    await deliverBatch(deps, [{ messageId: 'm', task }], () => 55_000);
  };
  /** Events in the order in which they first arrived; of one key, or of all. */
  const arrived = (key?: string): readonly string[] => {
    const good = seen.filter((one) => one.ok && (key === undefined || one.key === key));
    return [...new Set(good.map(({ eventId }) => eventId))];
  };
  const line = (key: string) => ({ tenant: 'default', integrationId: id, orderingKey: key });
  return {
    ...world,
    ...{ id, keys, seen, overlaps, other, publish, publishMany, deliver, arrived },
    calls: () => seen.map(({ eventId }) => eventId),
    waiting: async (key: string) =>
      (await world.lines.front(line(key), 1_000)).places.map(({ eventId }) => eventId),
    lockOf: async (key: string) => (await world.lines.front(line(key), 1)).lock,
    status: async (eventId: string, of: IntegrationId = id) =>
      (await world.delivery(eventId, of))?.state.status,
    /** Minutes with their ticks, and all that is heard in them. */
    minutes: async (count: number) => {
      for (let i = 0; i < count; i++) {
        await world.run(60_000);
        await tick(world.deps, () => 55_000);
      }
      await world.run(0);
    },
  };
}
