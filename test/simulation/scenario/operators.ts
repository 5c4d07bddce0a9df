import type { Process } from '../kernel/process.ts';
import type { ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from './asking.ts';
import type { Book, Order } from './book.ts';
import type { OrderPlan } from './story.ts';

/** Gives an order until somebody hears, and notes when it was given and what came of it. */
export async function give(
  product: Product,
  process: Process,
  { what, name, pick }: OrderPlan,
  book: Book,
): Promise<void> {
  const integration = book.integrations.get(name);
  if (integration === undefined) return;
  const events = [...book.accepted.values()];
  const event = events[pick % Math.max(1, events.length)];
  const isOfDelivery = what === 'retry' || what === 'cancel';
  if ((isOfDelivery || what === 'replay') && event === undefined) return;
  let deliveryId: string | undefined;
  if (isOfDelivery) {
    const list = await untilHeard(product, process, {
      ...{ method: 'GET', path: `/v1/events/${event?.id}/deliveries` },
    });
    const deliveries = list?.json?.data ?? [];
    deliveryId = deliveries[pick % Math.max(1, deliveries.length)]?.id;
    if (deliveryId === undefined) return;
  }
  const at = `/v1/integrations/${name}`;
  const requests: Record<typeof what, ApiRequest> = {
    pause: { method: 'POST', path: `${at}/pause` },
    resume: { method: 'POST', path: `${at}/resume` },
    delete: { method: 'DELETE', path: at },
    patch: {
      ...{ method: 'PATCH', path: at, body: { description: `patched ${pick}` } },
    },
    rotate: { method: 'POST', path: `${at}/secret/rotate`, body: {} },
    retry: { method: 'POST', path: `/v1/deliveries/${deliveryId}/retry` },
    cancel: { method: 'POST', path: `/v1/deliveries/${deliveryId}/cancel` },
    replay: { method: 'POST', path: `/v1/events/${event?.id}/replay`, body: {} },
    recover: {
      ...{ method: 'POST', path: `${at}/recover` },
      body: { since: new Date(product.simulation.startMs).toISOString() },
    },
    trip: { method: 'POST', path: `${at}/breaker/trip`, body: { reason: 'simulated' } },
    reset: { method: 'POST', path: `${at}/breaker/reset`, body: { reason: 'simulated' } },
  };
  const order: Order = {
    ...{ what, askedAtMs: product.simulation.nowMs(), tries: 0 },
    ...(!isOfDelivery && what !== 'replay' && { integrationId: integration.id }),
    ...(deliveryId !== undefined && { deliveryId }),
    ...(what === 'replay' && event && { eventId: event.id }),
  };
  book.orders.push(order);
  const answer = await untilHeard(product, process, requests[what], () => {
    order.tries += 1;
  });
  if (answer === undefined) return;
  order.heardAtMs = product.simulation.nowMs();
  order.status = answer.status;
  if (what === 'rotate' && answer.status === 200) {
    learnSecrets(product, integration.host, integration.fallbackHosts, answer.json);
  }
}

/**
 * A receiver that is told of a rotation takes the new one too. It forgets none: who heard first of
 * two rotations may have asked last.
 */
function learnSecrets(
  product: Product,
  host: string,
  fallbackHosts: readonly string[],
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the route answers.
  { current, previous }: any,
): void {
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the route answers.
  const secrets = [current, ...previous.map((one: any) => one.secret)];
  for (const one of [host, ...fallbackHosts]) product.receivers.learn(one, secrets);
}
