import { createHmac } from 'node:crypto';
import type { Process } from '../kernel/process.ts';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import type { Accepted, Book, Heard, Order } from './book.ts';
import {
  type EventPlan,
  type IntegrationPlan,
  type OrderPlan,
  type Publication,
  SOURCE_SECRET,
  type Story,
} from './story.ts';

/** How long somebody who does not get an answer tries again, and how often. */
const TRIES_MAX = 60;
const TRY_AGAIN_MS = 20_000;

/**
 * Those who use the product. They outlive every fault but their own: each asks again, in the very
 * words of the first time, until it is heard.
 */
export function play(product: Product, story: Story, book: Book): void {
  const { simulation } = product;
  const setUp = simulation.spawn('setup');
  run(setUp, book, async () => {
    for (const plan of story.integrations) await register(product, setUp, plan, book);
    await makeSource(product, setUp, book);
    begin();
  });

  function begin() {
    const sinceStartMs = simulation.nowMs() - simulation.startMs;
    const after = (atMs: number) => Math.max(0, atMs - sinceStartMs);
    for (const [at, publication] of story.publications.entries()) {
      simulation.world.clock.after(after(publication.atMs), () => {
        const publisher = simulation.spawn(`publisher-${at}`);
        run(publisher, book, () => publish(product, publisher, publication, book));
        if (!isNamed(publication)) return;
        const twin = at % 2 === 0 ? simulation.spawn(`twin-${at}`) : undefined;
        if (twin) run(twin, book, () => repeat(product, twin, publication, book));
      });
    }
    for (const [at, order] of story.orders.entries()) {
      simulation.world.clock.after(after(order.atMs), () => {
        const operator = simulation.spawn(`operator-${at}`);
        run(operator, book, () => give(product, operator, order, book));
      });
    }
  }
}

function run(process: Process, book: Book, work: () => Promise<void>): void {
  process.start(work, (outcome) => {
    if (outcome.kind === 'failed') book.wrongs.push(`${process.name}: ${outcome.error}`);
  });
}

/** The first answer that is not of an outage, or undefined when there was none in twenty minutes. */
export async function untilHeard(
  product: Product,
  process: Process,
  request: ApiRequest,
  onTry: () => void = () => {},
): Promise<ApiAnswer | undefined> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    onTry();
    const answer = await product.request(process, request);
    const isBusy = answer.status === 409 && answer.headers['retry-after'] !== undefined;
    if (answer.status < 500 && answer.status !== 429 && !isBusy) return answer;
    await process.clock.sleep(TRY_AGAIN_MS);
  }
  return undefined;
}

async function register(
  product: Product,
  process: Process,
  plan: IntegrationPlan,
  book: Book,
): Promise<void> {
  const { name, host, fallbackHosts, eventTypes, isFifo, retry } = plan;
  const answer = await untilHeard(product, process, {
    ...{ method: 'PUT', path: `/v1/integrations/${name}` },
    body: {
      ...{ name, serviceType: 'webhook', endpoint: `https://${host}/hooks`, eventTypes },
      request: { timeoutSeconds: plan.timeoutSeconds },
      signing: { scheme: 'standard-webhooks', secret: plan.secret },
      retry: { ...retry, jitter: 0.2 },
      ...{ breaker: plan.breaker, limits: plan.limits },
      ...(plan.fallback.length > 0 && { fallback: plan.fallback }),
      ...(isFifo && { ordering: 'fifo' }),
    },
  });
  if (answer === undefined) throw new Error(`${name} could not be registered.`);
  if (answer.status !== 201 && answer.status !== 200) {
    throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.json)}`);
  }
  const madeAtMs = product.simulation.nowMs();
  const { id } = answer.json;
  book.integrations.set(name, {
    ...{ id, name, host, fallbackHosts, eventTypes, isFifo, retry, madeAtMs },
  });
}

async function makeSource(product: Product, process: Process, book: Book): Promise<void> {
  const answer = await untilHeard(product, process, {
    ...{ method: 'PUT', path: '/v1/sources/partner' },
    body: { name: 'partner', provider: 'standard-webhooks', secret: SOURCE_SECRET },
  });
  if (answer === undefined || answer.status >= 300) {
    book.wrongs.push(`source: ${answer?.status} ${JSON.stringify(answer?.json)}`);
    return;
  }
  const path = new URL(answer.json.url).pathname;
  book.sourcePath = path;
}

async function publish(
  product: Product,
  process: Process,
  publication: Publication,
  book: Book,
): Promise<void> {
  const askedAtMs = product.simulation.nowMs();
  const { how, events, idempotencyKey } = publication;
  const request = requestOf(publication, askedAtMs);
  const path = book.sourcePath ?? '';
  // A partner signs each try anew; everybody else repeats itself.
  const answer =
    how === 'receive'
      ? await untilReceived(product, process, events[0] as EventPlan, path)
      : await untilHeard(product, process, request);
  if (answer === undefined) return;
  const heardAtMs = product.simulation.nowMs();
  const note = (event: EventPlan, id: string, deliveries?: readonly { integration: string }[]) => {
    const accepted: Accepted = {
      ...{ id, type: event.type, data: event.data, how, askedAtMs, heardAtMs },
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(event.orderingKey !== undefined &&
        how !== 'receive' && { orderingKey: event.orderingKey }),
      ...(event.deliverInMs !== undefined &&
        how !== 'receive' && { deliverAtMs: askedAtMs + event.deliverInMs }),
      ...(deliveries && { deliveries: deliveries.map(({ integration }) => integration) }),
    };
    if (book.accepted.has(id)) book.wrongs.push(`${id} was accepted for two`);
    book.accepted.set(id, accepted);
  };
  const refused = (status: number, what: unknown) =>
    book.wrongs.push(`${process.name} ${how}: ${status} ${JSON.stringify(what)}`);
  switch (how) {
    case 'publish': {
      const [event] = events as [EventPlan];
      if (answer.status === 202 || answer.status === 200) {
        note(event, answer.json.id, answer.json.deliveries);
        if (isNamed(publication)) await askAgain(product, process, { request, answer }, book);
      } else refused(answer.status, answer.json);
      return;
    }
    case 'batch':
      if (answer.status !== 207) return void refused(answer.status, answer.json);
      for (const [at, result] of answer.json.results.entries()) {
        const event = events[at] as EventPlan;
        if (result.status === 202 || result.status === 200) note(event, result.id);
        else if (result.status < 500) refused(result.status, result);
      }
      return;
    case 'receive':
      if (answer.status >= 300) return void refused(answer.status, answer.json);
  }
}

/** Whether a second request in the same words means the same event. */
function isNamed({ how, events, idempotencyKey }: Publication): boolean {
  return how === 'publish' && (idempotencyKey !== undefined || events[0]?.id !== undefined);
}

const REPEATED_AFTER_MS = 100_000;

/** Asks once more for what was promised already, and notes both answers. */
async function askAgain(
  product: Product,
  process: Process,
  { request, answer }: { readonly request: ApiRequest; readonly answer: ApiAnswer },
  book: Book,
): Promise<void> {
  await process.clock.sleep(REPEATED_AFTER_MS);
  const again = await untilHeard(product, process, request);
  if (again === undefined) return;
  book.repeats.push({ by: process.name, first: heardIn(answer), again: heardIn(again) });
}

/** Asks for the same at the same time as the publisher, as a caller does that has no patience. */
async function repeat(
  product: Product,
  process: Process,
  publication: Publication,
  book: Book,
): Promise<void> {
  const request = requestOf(publication, product.simulation.nowMs());
  const answer = await untilHeard(product, process, request);
  if (answer !== undefined) await askAgain(product, process, { request, answer }, book);
}

function heardIn({ status, json }: ApiAnswer): Heard {
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the route answers.
  const deliveries = (json?.deliveries ?? []).map((one: any) => `${one.id} ${one.integration}`);
  return { status, id: json?.id ?? '', deliveries: deliveries.sort() };
}

function requestOf({ how, events, idempotencyKey }: Publication, nowMs: number): ApiRequest {
  const bodyOf = ({ id, type, data, orderingKey, deliverInMs }: EventPlan) => ({
    ...{ type, data },
    ...(id !== undefined && { id }),
    ...(orderingKey !== undefined && { orderingKey }),
    ...(deliverInMs !== undefined && { deliverAt: new Date(nowMs + deliverInMs).toISOString() }),
  });
  const keyed = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  switch (how) {
    case 'publish':
      return {
        method: 'POST',
        path: '/v1/events',
        headers: keyed,
        body: bodyOf(events[0] as EventPlan),
      };
    case 'batch':
      return { method: 'POST', path: '/v1/events/batch', body: events.map(bodyOf) };
    case 'receive':
      return { method: 'POST', path: '' };
  }
}

async function untilReceived(
  product: Product,
  process: Process,
  event: EventPlan,
  path: string,
): Promise<ApiAnswer | undefined> {
  const id = `msg-${process.name}`;
  const body = JSON.stringify({ type: event.type, data: event.data });
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const timestamp = String(Math.floor(process.clock.nowMs() / 1_000));
    const key = Buffer.from(SOURCE_SECRET.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const answer = await product.request(process, {
      ...{ method: 'POST', path, body },
      headers: {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${mac}`,
      },
    });
    if (answer.status < 500 && answer.status !== 409 && answer.status !== 401) return answer;
    await process.clock.sleep(TRY_AGAIN_MS);
  }
  return undefined;
}

async function give(
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
