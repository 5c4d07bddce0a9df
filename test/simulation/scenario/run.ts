import { type Faults, type Rates, randomFaults, swarm } from '../kernel/faults.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import { deployed, type Product } from '../product/product.ts';
import { sqsWeather } from '../sqs/weather.ts';
import { play, untilHeard } from './actors.ts';
import { type Audit, auditAll, newAudit } from './audit.ts';
import { type Book, newBook } from './book.ts';
import { CHECKS } from './checks.ts';
import { RATES } from './rates.ts';
import { resting } from './rest.ts';
import { type Story, storyOf } from './story.ts';
import { newWatch, type Watch } from './watch.ts';

/** All there is to judge a run by. */
export interface Run {
  readonly simulation: Simulation;
  readonly story: Story;
  readonly product: Product;
  readonly book: Book;
  readonly watch: Watch;
  readonly audit: Audit;
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
  /** Told of the run before anything happens in it. */
  readonly onRun?: (run: Run) => void;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TROUBLED_MS = 7 * DAY_MS;
/** Longer than any schedule lasts. */
const CALM_MS = 30 * DAY_MS;
const AUDIT_MS = 2 * HOUR_MS;
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
  return simulate({ seed, faults, forMs, faultsForMs: troubledMs }, (simulation) => {
    const story = storyOf(seed, troubledMs);
    const [book, watch, audit] = [newBook(), newWatch(), newAudit()];
    const product: Product = deployed(simulation, {
      receivers: story.receivers,
      onWrite: watch.see,
      mayRest: resting(() => product, watch),
    });
    sqsWeather(simulation, product.sqs, { everyMs: WEATHER_EVERY_MS });
    const calmFromMs = simulation.startMs + troubledMs;
    const run: Run = { simulation, story, product, book, watch, audit, calmFromMs };
    options.onRun?.(run);
    play(product, story, book);
    simulation.world.clock.after(troubledMs + HOUR_MS, () => resumeAll(run));
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

/** When all is well again, the operator sees to it that nothing is held for want of an order. */
function resumeAll({ simulation, product, book }: Run): void {
  const operator = simulation.spawn('operator-last');
  const orders = async () => {
    for (const { name } of book.integrations.values()) {
      for (const path of ['resume', 'breaker/reset', 'breaker/enable']) {
        const request = { method: 'POST', path: `/v1/integrations/${name}/${path}` };
        await untilHeard(product, operator, request);
      }
    }
  };
  operator.start(orders, () => {});
}
