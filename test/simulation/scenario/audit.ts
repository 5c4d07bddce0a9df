import type { Process } from '../kernel/process.ts';
import type { ApiAnswer } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from './asking.ts';
import type { Book } from './book.ts';
import { auditBreakers, type ShownBreaker } from './breaker-audit.ts';

/** A delivery as the API shows it when all is over. */
export interface Shown {
  readonly id: string;
  readonly event: string;
  readonly integration: string;
  readonly status: string;
  readonly deliveredVia: string | null;
  readonly heldBy: string | null;
  readonly completedAt: string | null;
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
  readonly attempts: readonly ShownAttempt[];
}

/** An event as the API shows it; of those that were promised, and of those nobody heard of. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly orderingKey: string | null;
  readonly deliverAt: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was published.
  readonly data: any;
}

export interface ShownAttempt {
  readonly id: string;
  readonly number: number;
  readonly startedAt: string;
  readonly latencyMs: number;
  readonly target: string;
  readonly outcome: string;
  readonly error: string | null;
  readonly statusCode: number | null;
}

/** What the API says of everything that was promised. */
export interface Audit {
  readonly deliveries: Map<string, Shown>;
  readonly events: Map<string, ShownEvent>;
  /** How many deliveries the lists have of each status. */
  readonly listed: Map<string, number>;
  /** Of every integration that is there still. */
  breakers: readonly ShownBreaker[];
  /** Events that the API does not know, though somebody heard 202. */
  readonly lost: string[];
  /** Of an event whose payload is not what was published. */
  readonly changed: string[];
  isOver: boolean;
}

export function newAudit(): Audit {
  return {
    ...{ deliveries: new Map(), events: new Map(), listed: new Map() },
    ...{ breakers: [], lost: [], changed: [], isOver: false },
  };
}

const PAGE = 250;
const PAGES_MAX = 100;
/** Nothing more happens to it by itself. */
export const OVER: readonly string[] = ['delivered', 'failed', 'cancelled'];

/** Asks the API for every event, promised or not, its deliveries and their attempts. */
export async function auditAll(
  product: Product,
  process: Process,
  book: Book,
  audit: Audit,
): Promise<void> {
  const get = async (path: string) => {
    const answer = await untilHeard(product, process, { method: 'GET', path });
    if (answer === undefined) throw new Error(`No answer to ${path} when all is well.`);
    return answer;
  };
  for (const { id, type, data } of book.accepted.values()) {
    const event = await get(`/v1/events/${id}`);
    if (event.status !== 200) {
      audit.lost.push(`${id}: ${event.status}`);
      continue;
    }
    const isSame = JSON.stringify(event.json.data) === JSON.stringify(data);
    if (!isSame || event.json.type !== type) audit.changed.push(id);
    audit.events.set(id, event.json);
  }
  for await (const { id } of listed(get, '/v1/events?')) {
    if (!audit.events.has(id)) audit.events.set(id, (await get(`/v1/events/${id}`)).json);
  }
  for (const id of audit.events.keys()) {
    const list = await get(`/v1/events/${id}/deliveries?limit=${PAGE}`);
    for (const { id: deliveryId } of list.json.data) {
      const shown = await get(`/v1/deliveries/${deliveryId}`);
      audit.deliveries.set(deliveryId, shown.json);
    }
  }
  for (const status of OVER) {
    let count = 0;
    for await (const _ of listed(get, `/v1/deliveries?status=${status}&`)) count += 1;
    audit.listed.set(status, count);
  }
  audit.breakers = await auditBreakers({ get, listed: (path) => listed(get, path) }, book);
  audit.isOver = true;
}

async function* listed(
  get: (path: string) => Promise<ApiAnswer>,
  path: string,
): AsyncGenerator<{ readonly id: string }> {
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const { json } = await get(`${path}limit=${PAGE}${cursor}`);
    yield* json.data;
    if (json.nextCursor === null) return;
    cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`;
  }
  throw new Error(`${path} has more than ${PAGES_MAX} pages.`);
}
