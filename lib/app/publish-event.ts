import { RequestError } from '../domain/errors.ts';
import type { NewEvent } from '../domain/event.ts';
import type { Route } from '../domain/integration.ts';
import { type AcceptDeps, type Accepted, accept, type Published } from './accept-event.ts';
import { eachConcurrently } from './concurrently.ts';
import type { DeliveryQueue, FanOutQueue, Integrations } from './ports.ts';

export interface PublishDeps extends AcceptDeps {
  readonly integrations: Pick<Integrations, 'routes'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly fanOutQueue: FanOutQueue;
}

/** Events of a batch that are stored at the same time. */
const WIDTH = 16;

/**
 * Accepts an event. When this returns, the event is stored with its targets; the doorbells are
 * best effort, since the tick finds whatever was not rung. `seed` (a ULID) makes the id, so that
 * a request run again after a crash accepts the same event.
 */
export async function publishEvent(
  deps: PublishDeps,
  event: NewEvent,
  seed?: string,
): Promise<Published> {
  const [routes] = await Promise.all([
    deps.integrations.routes(event.tenant),
    deps.board.refresh(),
  ]);
  const accepted = await accept(deps, event, routes, seed);
  await ringFor(deps, [accepted]);
  return accepted.published;
}

export type BatchResult =
  | { readonly kind: 'published'; readonly published: Published }
  | { readonly kind: 'refused'; readonly error: RequestError };

/** Accepts each event of a batch on its own account; one that is refused harms no other. */
export async function publishBatch(
  deps: PublishDeps,
  events: readonly (NewEvent | RequestError)[],
  seeds: readonly string[] = [],
): Promise<readonly BatchResult[]> {
  const tenants = new Map<string, Promise<readonly Route[]>>();
  for (const event of events) {
    if (event instanceof RequestError || tenants.has(event.tenant)) continue;
    tenants.set(event.tenant, deps.integrations.routes(event.tenant));
  }
  await Promise.all([...tenants.values(), deps.board.refresh()]);
  const numbered = events.map((event, i) => ({ event, i }));
  const acceptOne = async (event: NewEvent | RequestError, seed: string | undefined) => {
    if (event instanceof RequestError) return event;
    try {
      return await accept(deps, event, (await tenants.get(event.tenant)) ?? [], seed);
    } catch (error) {
      if (error instanceof RequestError) return error;
      throw error;
    }
  };
  const found = new Map<number, Accepted | RequestError>();
  // Those with the same key one after the other; where one fails, what follows it is not begun.
  const groups = [...Map.groupBy(numbered, orderOf).values()];
  const { errors } = await eachConcurrently(groups, WIDTH, async (group) => {
    for (const { event, i } of group) found.set(i, await acceptOne(event, seeds[i]));
  });
  const results = [...found].sort(([a], [b]) => a - b).map(([, result]) => result);
  await ringFor(
    deps,
    results.filter((result): result is Accepted => !(result instanceof RequestError)),
  );
  // The store failed for some: the caller tries again, the others are on their way all the same.
  if (errors.length > 0) throw errors[0];
  return results.map((result) =>
    result instanceof RequestError
      ? { kind: 'refused', error: result }
      : { kind: 'published', published: result.published },
  );
}

/** The same for events that are to be accepted in their order. */
function orderOf({ event, i }: { readonly event: NewEvent | RequestError; readonly i: number }) {
  if (event instanceof RequestError || event.orderingKey === undefined) return i;
  return `${event.tenant} ${event.orderingKey}`;
}

async function ringFor(deps: PublishDeps, accepted: readonly Accepted[]): Promise<void> {
  const doorbells = accepted.flatMap((one) => one.doorbells);
  const fanOuts = accepted.filter((one) => one.fanOut).map(({ published }) => published);
  await Promise.all([
    deps.deliveryQueue.ring(doorbells),
    ...fanOuts.map(({ tenant, id }) => deps.fanOutQueue.ring({ tenant, eventId: id })),
  ]);
}
