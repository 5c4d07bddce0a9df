import type { Behaviour } from '../destinations/behaviour.ts';
import type { Entry, Receiver } from '../destinations/receivers.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from '../scenario/asking.ts';

export interface IntegrationPlan {
  readonly breaker?: object;
  readonly limits?: object;
  readonly ordering?: 'fifo';
  readonly timeoutSeconds?: number;
  readonly retry?: object;
  readonly phases: Receiver['phases'];
}

/** What a scenario does by hand, in a process that nothing befalls. */
export interface Hands {
  readonly product: Product;
  readonly simulation: Simulation;
  sleep(ms: number): Promise<void>;
  /** Looks every few milliseconds, ten minutes at most. */
  until(isSo: () => boolean): Promise<void>;
  calls(name: string): readonly Entry[];
  ask(request: ApiRequest): Promise<unknown>;
  /** So many events at once, in batches that go side by side. */
  publish(name: string, count: number, more?: EventMore): Promise<void>;
  /** From now on. */
  receive(name: string, does: Behaviour): void;
  /** A function instance, or another process, by its name. */
  processOf(name: string): Process | undefined;
}

export interface EventMore {
  readonly deliverAtMs?: number;
  readonly keys?: number;
}

const BATCH_MAX = 100;
const LOOK_MS = 20;
const LOOKS_MAX = 30_000;

/** What the receiver of an integration has read. */
export function callsOf({ receivers }: Product, name: string): readonly Entry[] {
  return receivers.ledger.filter(({ host }) => host === hostOf(name));
}

export function hostOf(name: string): string {
  return `${name}.example.com`;
}

export function handsOf(product: Product, hand: Process, processOf: Hands['processOf']): Hands {
  const { simulation } = product;
  let published = 0;
  const ask = async (request: ApiRequest) => {
    const answer = await untilHeard(product, hand, request);
    if (answer === undefined || answer.status >= 300) {
      throw new Error(`${request.method} ${request.path}: ${JSON.stringify(answer?.json)}`);
    }
    return answer.json;
  };
  return {
    ...{ product, simulation, ask, processOf },
    sleep: (ms) => hand.clock.sleep(ms),
    async until(isSo) {
      for (let look = 0; look < LOOKS_MAX; look++) {
        if (isSo()) return;
        await hand.clock.sleep(LOOK_MS);
      }
      throw new Error(`It is not so: ${isSo}`);
    },
    calls: (name) => callsOf(product, name),
    receive(name, does) {
      const fromMs = simulation.nowMs() - simulation.startMs;
      product.receivers.change(hostOf(name), { phases: [{ fromMs, does }] });
    },
    async publish(name, count, { deliverAtMs, keys } = {}) {
      const batches: object[][] = [];
      for (let n = 0; n < count; n++) {
        if (n % BATCH_MAX === 0) batches.push([]);
        published += 1;
        batches.at(-1)?.push({
          ...{ type: `${name}.happened`, data: { n: published } },
          ...(deliverAtMs !== undefined && { deliverAt: new Date(deliverAtMs).toISOString() }),
          ...(keys !== undefined && { orderingKey: `key-${published % keys}` }),
        });
      }
      await Promise.all(
        batches.map((body) => ask({ method: 'POST', path: '/v1/events/batch', body })),
      );
    },
  };
}

/** Its id. */
export async function register(
  { ask }: Hands,
  name: string,
  { timeoutSeconds = 5, phases: _, ...more }: IntegrationPlan,
): Promise<string> {
  const registered = await ask({
    ...{ method: 'PUT', path: `/v1/integrations/${name}` },
    body: {
      ...{ name, serviceType: 'webhook', endpoint: `https://${hostOf(name)}/hooks` },
      ...{ eventTypes: [`${name}.*`], request: { timeoutSeconds } },
      ...more,
    },
  });
  return (registered as { readonly id: string }).id;
}
