import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { ApiAnswer } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from '../scenario/asking.ts';
import type { Book, RetrySpec } from '../scenario/book.ts';
import type { Watch } from '../scenario/watch.ts';

/** What a story is played on, and the one caller in it, who never dies. */
export interface Stage {
  readonly simulation: Simulation;
  readonly product: Product;
  readonly book: Book;
  readonly watch: Watch;
  readonly caller: Process;
  /** Asks again, in the same words, until it is heard. */
  ask(method: string, path: string, more?: Asked): Promise<ApiAnswer>;
  /** The same, and fails the run where the answer is none of these statuses. */
  get(statuses: readonly number[], method: string, path: string, more?: Asked): Promise<ApiAnswer>;
  register(name: string, settings?: Settings): Promise<void>;
  /** Ids of the events that were promised, in the order of the answers. */
  publish(event: NewEvent, key?: string): Promise<string>;
  wait(ms: number): Promise<void>;
  /** Waits until it is so; fails the run if that does not come about in the time. */
  until(what: string, isSo: () => boolean, mostMs?: number): Promise<void>;
  /** Notes something for the judgement. */
  readonly noted: Map<string, unknown>;
}

export interface Asked {
  readonly body?: unknown;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of an integration, beside what every one of these stories has. */
export type Settings = Readonly<Record<string, unknown>> & {
  readonly retry?: RetrySpec;
  readonly fallback?: readonly object[];
  readonly ordering?: 'fifo';
};

export interface NewEvent {
  readonly id?: string;
  readonly type?: string;
  readonly data?: object;
  readonly orderingKey?: string;
}

/** Not those that Breakwater publishes of its own breakers. */
const EVENT_TYPES = ['order.*'];
const POLL_MS = 2_000;
const UNTIL_MS = 3_600_000;
const RETRY: RetrySpec = { maxAttempts: 5, schedule: [5, 60, 300, 300], maxAgeSeconds: 86_400 };

export function hostOf(name: string): string {
  return `${name}.example.com`;
}

/** What an integration of this name signs with. */
export function secretOf(name: string): string {
  return `whsec_${Buffer.from(`${name} signs with this secret text`).toString('base64')}`;
}

export function newStage(parts: Pick<Stage, 'simulation' | 'product' | 'book' | 'watch'>): Stage {
  const { simulation, product } = parts;
  const caller = simulation.spawn('caller');

  const stage: Stage = {
    ...parts,
    caller,
    noted: new Map(),
    async ask(method, path, { body, key, headers = {} } = {}) {
      const keyed = key === undefined ? headers : { ...headers, 'idempotency-key': key };
      const request = { method, path, headers: keyed, ...(body !== undefined && { body }) };
      const answer = await untilHeard(product, caller, request);
      if (answer === undefined) throw new Error(`Nobody answers ${method} ${path}.`);
      return answer;
    },
    async get(statuses, method, path, more) {
      const answer = await stage.ask(method, path, more);
      if (statuses.includes(answer.status)) return answer;
      const said = `${answer.status} ${JSON.stringify(answer.json)}`;
      throw new Error(`${method} ${path} was answered ${said}`);
    },
    register: (name, settings = {}) => register(stage, name, settings),
    publish: (event, key) => publish(stage, event, key),
    wait: (ms) => caller.clock.sleep(ms),
    async until(what, isSo, mostMs = UNTIL_MS) {
      for (let waitedMs = 0; waitedMs < mostMs; waitedMs += POLL_MS) {
        if (isSo()) return;
        await caller.clock.sleep(POLL_MS);
      }
      throw new Error(`Not within ${mostMs / 1_000} s: ${what}.`);
    },
  };
  return stage;
}

async function register(stage: Stage, name: string, settings: Settings): Promise<void> {
  const path = `/v1/integrations/${name}`;
  const { json } = await stage.get([201], 'PUT', path, { body: integrationBody(name, settings) });
  const links = (settings.fallback ?? []) as readonly { readonly url?: string }[];
  stage.book.integrations.set(name, {
    ...{ id: json.id, name, host: hostOf(name), eventTypes: EVENT_TYPES },
    fallbackHosts: links.flatMap(({ url }) => (url === undefined ? [] : new URL(url).host)),
    isFifo: settings.ordering === 'fifo',
    retry: settings.retry ?? RETRY,
    madeAtMs: stage.simulation.nowMs(),
  });
}

async function publish(stage: Stage, event: NewEvent, key: string | undefined): Promise<string> {
  const { type = 'order.paid', data = { n: 1 }, ...rest } = event;
  const askedAtMs = stage.simulation.nowMs();
  const { json } = await stage.get([200, 202], 'POST', '/v1/events', {
    body: { type, data, ...rest },
    ...(key !== undefined && { key }),
  });
  stage.book.accepted.set(json.id, {
    ...{ id: json.id, type, data, how: 'publish', askedAtMs },
    heardAtMs: stage.simulation.nowMs(),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(rest.orderingKey !== undefined && { orderingKey: rest.orderingKey }),
    deliveries: json.deliveries.map(({ integration }: { integration: string }) => integration),
  });
  return json.id;
}

export function integrationBody(name: string, settings: Settings): object {
  const { retry = RETRY, ...rest } = settings;
  return {
    ...{ name, serviceType: 'webhook', endpoint: `https://${hostOf(name)}/hooks` },
    ...{
      eventTypes: EVENT_TYPES,
      signing: { scheme: 'standard-webhooks', secret: secretOf(name) },
    },
    retry: { ...retry, jitter: 0 },
    ...rest,
  };
}
