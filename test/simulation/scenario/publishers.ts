import { createHmac } from 'node:crypto';
import type { Process } from '../kernel/process.ts';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { TRIES_MAX, TRY_AGAIN_MS, untilHeard } from './asking.ts';
import type { Accepted, Book, Heard } from './book.ts';
import { SOURCE_SECRET } from './canaries.ts';
import type { EventPlan, Publication } from './story.ts';

/** Publishes until somebody hears, and notes what was promised. */
export async function publish(
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
export function isNamed({ how, events, idempotencyKey }: Publication): boolean {
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
export async function repeat(
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
