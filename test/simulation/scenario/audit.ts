import type { Process } from '../kernel/process.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from './actors.ts';
import type { Book } from './book.ts';

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
  /** Events that the API does not know, though somebody heard 202. */
  readonly lost: string[];
  /** Of an event whose payload is not what was published. */
  readonly changed: string[];
  isOver: boolean;
}

export function newAudit(): Audit {
  return { deliveries: new Map(), lost: [], changed: [], isOver: false };
}

/** Asks the API for every promised event, its deliveries and their attempts. */
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
  for (const { id, data } of book.accepted.values()) {
    const event = await get(`/v1/events/${id}`);
    if (event.status !== 200) {
      audit.lost.push(`${id}: ${event.status}`);
      continue;
    }
    if (JSON.stringify(event.json.data) !== JSON.stringify(data)) audit.changed.push(id);
    const list = await get(`/v1/events/${id}/deliveries?limit=250`);
    for (const { id: deliveryId } of list.json.data) {
      const shown = await get(`/v1/deliveries/${deliveryId}`);
      audit.deliveries.set(deliveryId, shown.json);
    }
  }
  audit.isOver = true;
}
