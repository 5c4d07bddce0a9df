import { settingsOf } from '../../../infra/settings.ts';
import { PRIMARY_TARGET, type Transition } from '../../../lib/domain/breaker.ts';
import type { Behaviour } from '../destinations/behaviour.ts';
import type { Entry, Receiver } from '../destinations/receivers.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Faults } from '../kernel/faults.ts';
import type { Process, ProcessOptions } from '../kernel/process.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import type { ApiRequest } from '../product/gateway.ts';
import type { Line } from '../product/log.ts';
import { deployed, type Product, type ProductOptions } from '../product/product.ts';
import { untilHeard } from '../scenario/actors.ts';
import {
  type BreakerChange,
  type BreakerWatch,
  newBreakerWatch,
} from '../scenario/breaker-watch.ts';
import { resting } from '../scenario/rest.ts';
import { newWatch, type Watch } from '../scenario/watch.ts';

export interface Plan {
  readonly seed: number;
  readonly faults?: Faults;
  readonly forMs: number;
  readonly faultsForMs?: number;
  /** By name; each receives every type that begins with its name. */
  readonly integrations: Readonly<Record<string, IntegrationPlan>>;
  readonly dynamodb?: ProductOptions['dynamodb'];
}

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

export interface Played {
  readonly report: Report;
  readonly product: Product;
  readonly watch: Watch;
  readonly breakers: BreakerWatch;
  /** Each step of each drain, as it was stored. */
  readonly drains: readonly DrainStep[];
  /** Lines that say that something went wrong in the product. */
  readonly errors: readonly Line[];
  /** What its receiver read, in order. */
  callsOf(name: string): readonly Entry[];
  /** Its breaker's id. */
  idOf(name: string): string;
  changesOf(name: string): readonly BreakerChange[];
  /** `closed-open`, `open-half-open` …, in order. */
  movesOf(name: string): readonly string[];
}

export interface DrainStep {
  readonly atMs: number;
  readonly integrationId: string;
  /** Deliveries per second. */
  readonly rate: number;
}

const BATCH_MAX = 100;
const LOOK_MS = 20;
const LOOKS_MAX = 30_000;
/** As the functions of the stage `prod` have it: more instances than any scenario needs. */
const { maxConcurrency } = settingsOf('prod');

/** The product with these integrations, and what the hands do to it; judged by the caller. */
export async function played(
  plan: Plan,
  scenario: (hands: Hands) => Promise<void>,
): Promise<Played> {
  const { integrations, dynamodb, ...options } = plan;
  const watch = newWatch();
  const errors: Line[] = [];
  const drains: DrainStep[] = [];
  const ids = new Map<string, string>();
  let product: Product | undefined;
  let breakers: BreakerWatch | undefined;
  const report = await simulate(options, (simulation) => {
    const processes = new Map<string, Process>();
    const known = newBreakerWatch(simulation.nowMs);
    const hand = simulation.spawn('hand');
    const rest = resting(() => made, watch, Number.POSITIVE_INFINITY);
    breakers = known;
    const made: Product = deployed(remembering(simulation, processes), {
      receivers: Object.entries(integrations).map(([name, { phases }]) => ({
        ...{ host: hostOf(name), phases },
      })),
      throughOf: known.through,
      ...{ maxConcurrency, rest },
      ...(dynamodb && { dynamodb }),
      onWrite(written) {
        for (const one of [watch, known, rest]) one.see(written);
        drains.push(...stepIn(written));
      },
      onLine(line) {
        known.hear(line);
        if (line.level === 'error') errors.push(line);
      },
    });
    product = made;
    const hands = handsOf(made, hand, (name) => processes.get(name));
    hand.start(
      async () => {
        for (const [name, one] of Object.entries(integrations)) {
          ids.set(name, await register(hands, name, one));
        }
        await scenario(hands);
      },
      (outcome) => {
        if (outcome.kind === 'failed') simulation.fail(`the hands failed: ${outcome.error}`);
      },
    );
  });
  if (product === undefined || breakers === undefined) throw new Error('It was never begun.');
  return { report, product, watch, breakers, drains, errors, ...readings(product, breakers, ids) };
}

function readings(product: Product, breakers: BreakerWatch, ids: ReadonlyMap<string, string>) {
  const idOf = (name: string) => `${ids.get(name)}~${PRIMARY_TARGET}`;
  const changesOf = (name: string) => breakers.changes.get(idOf(name)) ?? [];
  return {
    idOf,
    changesOf,
    callsOf: (name: string) => callsOf(product, name),
    movesOf: (name: string) =>
      transitionsOf(changesOf(name)).map(({ from, to }) => `${from}-${to}`),
  };
}

function stepIn({ after, atMs }: Written): readonly DrainStep[] {
  const [, integrationId] = /^DRAIN#(.+)$/.exec(after?.pk?.S ?? '') ?? [];
  if (after === undefined || integrationId === undefined) return [];
  const { rate } = JSON.parse(after.doc?.S ?? '{}') as { readonly rate: number };
  return [{ atMs, integrationId, rate }];
}

export function transitionsOf(changes: readonly BreakerChange[]): readonly Transition[] {
  return changes.flatMap(({ before, after }) =>
    after?.last === undefined || after.version === (before?.version ?? 0) ? [] : [after.last],
  );
}

function callsOf({ receivers }: Product, name: string): readonly Entry[] {
  return receivers.ledger.filter(({ host }) => host === hostOf(name));
}

function hostOf(name: string): string {
  return `${name}.example.com`;
}

/** The simulation; who is spawned in it is found by name. */
function remembering(simulation: Simulation, processes: Map<string, Process>): Simulation {
  return {
    ...simulation,
    spawn(name: string, options?: ProcessOptions) {
      const process = simulation.spawn(name, options);
      processes.set(name, process);
      return process;
    },
  };
}

function handsOf(product: Product, hand: Process, processOf: Hands['processOf']): Hands {
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

async function register(
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
