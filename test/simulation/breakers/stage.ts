import { settingsOf } from '../../../infra/settings.ts';
import { PRIMARY_TARGET, type Transition } from '../../../lib/domain/breaker.ts';
import type { Entry } from '../destinations/receivers.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Faults } from '../kernel/faults.ts';
import type { Process, ProcessOptions } from '../kernel/process.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import type { Line } from '../product/log.ts';
import { deployed, type Product } from '../product/product.ts';
import {
  type BreakerChange,
  type BreakerWatch,
  newBreakerWatch,
} from '../scenario/breaker-watch.ts';
import { resting } from '../scenario/rest.ts';
import { newWatch, type Watch } from '../scenario/watch.ts';
import { callsOf, type Hands, handsOf, hostOf, type IntegrationPlan, register } from './hands.ts';

export interface Plan {
  readonly seed: number;
  readonly faults?: Faults;
  readonly forMs: number;
  readonly faultsForMs?: number;
  /** By name; each receives every type that begins with its name. */
  readonly integrations: Readonly<Record<string, IntegrationPlan>>;
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

/** As the functions of the stage `prod` have it: more instances than any scenario needs. */
const { maxConcurrency } = settingsOf('prod');

/** The product with these integrations, and what the hands do to it; judged by the caller. */
export async function played(
  plan: Plan,
  scenario: (hands: Hands) => Promise<void>,
): Promise<Played> {
  const { integrations, ...options } = plan;
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
    begin(made, hand, async () => {
      const hands = handsOf(made, hand, (name) => processes.get(name));
      for (const [name, one] of Object.entries(integrations)) {
        ids.set(name, await register(hands, name, one));
      }
      await scenario(hands);
    });
  });
  if (product === undefined || breakers === undefined) throw new Error('It was never begun.');
  return { report, product, watch, breakers, drains, errors, ...readings(product, breakers, ids) };
}

function begin({ simulation }: Product, hand: Process, work: () => Promise<void>): void {
  hand.start(work, (outcome) => {
    if (outcome.kind === 'failed') simulation.fail(`the hands failed: ${outcome.error}`);
  });
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
