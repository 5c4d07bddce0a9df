import type { Rates } from '../../../lib/local/faults/dice.ts';
import { type Faults, randomFaults, swarm } from '../kernel/faults.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import { deployed, type Product, type ProductOptions } from '../product/product.ts';
import { productWeather } from '../product/weather.ts';
import { sqsWeather } from '../sqs/weather.ts';
import { play } from './actors.ts';
import { untilHeard } from './asking.ts';
import { type Audit, auditAll, newAudit } from './audit.ts';
import { type Book, newBook } from './book.ts';
import { type BreakerWatch, newBreakerWatch } from './breaker-watch.ts';
import { CHANGE_CHECKS, CHECKS, LOOK_CHECKS } from './checks/all.ts';
import { keepHouse } from './housekeeping.ts';
import { type LineWatch, newLineWatch } from './line-watch.ts';
import { newOverheard, type Overheard } from './overheard.ts';
import { RATES } from './rates.ts';
import { newRequests, type Requests } from './requests.ts';
import { resting } from './rest.ts';
import { type Story, storyOf } from './story.ts';
import { newWatch, type Watch } from './watch.ts';
import { newWitness, type Witness } from './witness.ts';

/** All there is to judge a run by. */
export interface Run {
  readonly simulation: Simulation;
  readonly story: Story;
  readonly product: Product;
  readonly book: Book;
  readonly watch: Watch;
  readonly breakers: BreakerWatch;
  readonly lines: LineWatch;
  readonly audit: Audit;
  readonly witness: Witness;
  readonly overheard: Overheard;
  readonly requests: Requests;
  readonly faults: Faults;
  /** The faults stop then; as `Simulation.nowMs`. */
  readonly calmFromMs: number;
}

export interface RunOptions {
  readonly seed: number;
  /** Those of the seed where it is absent. */
  readonly faults?: Faults;
  /** Traffic and faults last this long. */
  readonly troubledMs?: number;
  readonly calmMs?: number;
  /** Entries of the trace that are kept. */
  readonly traceMax?: number;
  /** Told of the run before anything happens in it. */
  readonly onRun?: (run: Run) => void;
  /** What becomes of the seed's story before it is told. */
  readonly toldAs?: (story: Story) => Story;
  /** What the product is deployed with besides: instances of other code, for one. */
  readonly deployedWith?: (simulation: Simulation) => Partial<ProductOptions>;
  /**
   * What the operator orders of every integration an hour after the last fault, so that nothing is
   * held for want of an order.
   *
   * @default resumed, its breaker reset and enabled
   */
  readonly lastOrders?: readonly string[];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TROUBLED_MS = 7 * DAY_MS;
/** Longer than any schedule lasts. */
const CALM_MS = 30 * DAY_MS;
const AUDIT_MS = 2 * HOUR_MS;
const LOOK_EVERY_MS = 6 * HOUR_MS;
const WEATHER_EVERY_MS = 2 * HOUR_MS;

/** The faults of a seed: a random half of all kinds, each as likely as `RATES` says. */
export function faultsOf(seed: number, rates: Rates = RATES): Faults {
  return randomFaults(seed, swarm(seed, rates));
}

/** One seed: a week of traffic with faults, 30 days of calm, then everything is judged. */
export function runSeed(options: RunOptions): Promise<Report> {
  const { seed, troubledMs = TROUBLED_MS, calmMs = CALM_MS } = options;
  const faults = options.faults ?? faultsOf(seed);
  const forMs = troubledMs + calmMs + AUDIT_MS;
  const { traceMax } = options;
  const kept = traceMax === undefined ? {} : { traceMax };
  return simulate({ seed, faults, forMs, faultsForMs: troubledMs, ...kept }, (simulation) => {
    const { toldAs = (told: Story) => told, deployedWith = () => ({}) } = options;
    const story = toldAs(storyOf(seed, troubledMs));
    const [book, watch, audit] = [newBook(), newWatch(), newAudit()];
    const [breakers, lines] = [newBreakerWatch(simulation.nowMs), newLineWatch()];
    const calmFromMs = simulation.startMs + troubledMs;
    const rest = resting(() => product, watch, calmFromMs);
    const witness = newWitness(simulation.nowMs);
    const [overheard, requests] = [newOverheard(), newRequests()];
    const more: Partial<ProductOptions> = deployedWith(simulation);
    const { throughOf = (_, db) => db, queuesThroughOf = (_, sqs) => sqs } = more;
    const bare: Product = deployed(witness.watching(simulation), {
      ...more,
      throughOf: (process, db) =>
        requests.through(
          witness.counting(process, breakers.through(process, throughOf(process, db))),
        ),
      queuesThroughOf: (process, sqs) =>
        witness.ringing(process, overheard.ringing(queuesThroughOf(process, sqs))),
      receivers: story.receivers,
      onWrite(written) {
        for (const one of [watch, rest, breakers, lines, overheard]) one.see(written);
      },
      onLine(line) {
        for (const one of [witness, breakers, overheard]) one.hear(line);
      },
      onEscape: overheard.escape,
      around: requests.around,
      rest,
    });
    const product: Product = {
      ...bare,
      async request(process, request) {
        const answer = await bare.request(process, request);
        for (const one of [overheard, requests]) one.answered(request, answer);
        return answer;
      },
    };
    sqsWeather(simulation, product.sqs, { everyMs: WEATHER_EVERY_MS });
    productWeather(product, { everyMs: WEATHER_EVERY_MS });
    const run: Run = {
      ...{ simulation, story, product, book, watch, breakers, lines, audit, witness },
      ...{ overheard, requests, faults, calmFromMs },
    };
    for (const [name, check] of Object.entries(CHANGE_CHECKS)) {
      const wrongOf = check(run);
      watch.onChange((id, change) => {
        const wrong = wrongOf(id, change);
        return wrong === undefined ? undefined : `${name}: ${wrong}`;
      });
    }
    look(run);
    options.onRun?.(run);
    play(product, story, book);
    keepHouse(product, book, seed, troubledMs);
    simulation.world.clock.after(troubledMs + HOUR_MS, () => resumeAll(run, options.lastOrders));
    simulation.world.clock.after(troubledMs + calmMs, () => {
      const auditor = simulation.spawn('auditor');
      auditor.start(
        () => auditAll(product, auditor, book, audit),
        ({ kind, ...rest }) => {
          if (kind === 'failed') simulation.fail(`the audit failed: ${JSON.stringify(rest)}`);
        },
      );
    });
    simulation.always(() => watch.wrong ?? book.wrongs[0]);
    for (const [name, check] of Object.entries(CHECKS)) {
      simulation.atEnd(() => {
        const wrong = check(run);
        return wrong === undefined ? undefined : `${name}: ${wrong}`;
      });
    }
  });
}

function look(run: Run): void {
  run.simulation.world.clock.after(LOOK_EVERY_MS, () => {
    for (const [name, check] of Object.entries(LOOK_CHECKS)) {
      const wrong = check(run);
      if (wrong !== undefined) run.simulation.fail(`${name}: ${wrong}`);
    }
    look(run);
  });
}

const LAST_ORDERS = ['resume', 'breaker/reset', 'breaker/enable'];

/** When all is well again, the operator sees to it that nothing is held for want of an order. */
function resumeAll({ simulation, product, book }: Run, paths: readonly string[] = LAST_ORDERS) {
  const operator = simulation.spawn('operator-last');
  const orders = async () => {
    for (const { name } of book.integrations.values()) {
      for (const path of paths) {
        const request = { method: 'POST', path: `/v1/integrations/${name}/${path}` };
        await untilHeard(product, operator, request);
      }
    }
  };
  operator.start(orders, () => {});
}
