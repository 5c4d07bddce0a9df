import { unmarshall } from '@aws-sdk/util-dynamodb';
import { eventSummary } from '../../../lib/adapters/dynamodb/event-item.ts';
import type { EventSummary } from '../../../lib/app/ports-history.ts';
import type { Phase } from '../destinations/behaviour.ts';
import type { Faults } from '../kernel/faults.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import { deployed, type Product } from '../product/product.ts';
import { type FunctionName, TABLE_NAMES } from '../product/settings.ts';
import { newBook } from '../scenario/book.ts';
import { newWatch } from '../scenario/watch.ts';
import { judgeAll } from './judge.ts';
import { type Listing, listing } from './points.ts';
import { resting } from './rest.ts';
import { hostOf, newStage, type Stage, secretOf } from './stage.ts';

/** A flow from its beginning to its end, without any fault but those that the runner lists. */
export interface CrashStory {
  readonly name: string;
  /** Whose kill points count. */
  readonly kills: readonly FunctionName[];
  /** Whose points are in the short list, where that is not all of them. */
  readonly killsInShort?: readonly FunctionName[];
  /** By the name of the integration: how its host is; well, where nothing is said. */
  readonly hosts: Readonly<Record<string, readonly Phase[]>>;
  /** Done before the run, in a simulation of its own: what takes long, and is always the same. */
  readonly ready?: () => Promise<void>;
  /** What is there already: nobody is killed yet. */
  readonly before: (stage: Stage) => Promise<void>;
  readonly act: (stage: Stage) => Promise<void>;
  /** Nobody is killed any more when `act` is done: what follows is another story's. */
  readonly isCutShort?: true;
  readonly checks: readonly EndCheck[];
  /** From the beginning on; all must be over then. Three hours where nothing is said. */
  readonly forMs?: number;
  /** Rows of the tables that this story may leave behind, by `kind` as `leftovers.ts` has it. */
  readonly leaves?: readonly string[];
}

/** A text is what is wrong. */
export type EndCheck = (end: End) => string | undefined;

/** What a run is judged by. */
export interface End {
  readonly story: CrashStory;
  readonly stage: Stage;
  /** How often somebody was killed. */
  readonly kills: number;
  /** What was in the queues was lost each time. */
  readonly isPurged: boolean;
  /** Every event that a caller had stored, promised or not; in order of acceptance. */
  readonly events: readonly EventSummary[];
}

export interface PlayOptions {
  /** Lists every await, and not only those that have an effect. */
  readonly isWhole?: boolean;
  /**
   * Whatever is in a queue or in somebody's hands is lost with whoever is killed: no message that
   * the dead had comes again, and only the tables know what is to be done.
   */
  readonly isPurged?: boolean;
  /** Told of the stage before anything happens on it. */
  readonly onStage?: (stage: Stage) => void;
}

const HOUR_MS = 3_600_000;
const FOR_MS = 3 * HOUR_MS;
const SEED = 1;
/** A fallback's URL is signed as the integration's own requests are. */
const FALLBACK_PREFIX = /^dr\d*-/;
/** How long after a kill: what it had in hand is not in anybody else's then. */
const PURGED_MS = 1_000;
/** Steps that are kept, for nothing but a failing run to be told. */
const TRACE_MAX = 200;

/** Plays the story with these faults, and judges how it ended. */
export async function played(
  story: CrashStory,
  faults: Faults,
  options: PlayOptions = {},
): Promise<Report> {
  const { isWhole = false, isPurged = false } = options;
  const kills = isWhole ? story.kills : (story.killsInShort ?? story.kills);
  let purge = () => {};
  const listed = listing(faults, {
    ...{ functions: new Set(kills), isWhole },
    onKill: () => isPurged && purge(),
  });
  const forMs = story.forMs ?? FOR_MS;
  await story.ready?.();
  const run = { seed: SEED, forMs, faults: listed, traceMax: TRACE_MAX };
  const report = await simulate(run, (simulation) => {
    const stage = stageOf(story, simulation, listed);
    const { product, watch, book } = stage;
    purge = () =>
      simulation.world.clock.after(PURGED_MS, () => {
        for (const queue of Object.values(product.queues)) queue.purge();
      });
    options.onStage?.(stage);
    let isActed = false;
    const play = async () => {
      await story.before(stage);
      listed.begin();
      await story.act(stage);
      if (story.isCutShort) listed.end();
      isActed = true;
    };
    stage.caller.start(play, (outcome) => {
      if (outcome.kind === 'failed') simulation.fail(`the caller: ${outcome.error}`);
    });
    simulation.always(() => watch.wrong ?? book.wrongs[0]);
    simulation.atEnd(() => {
      if (!isActed) return 'the story did not come to its end';
      const killed = faults.happened.length;
      return judgeAll({ story, stage, kills: killed, isPurged, events: eventsIn(product) });
    });
  });
  return { ...report, killPoints: listed.points() };
}

/** The product deployed for this story; a line of level `error` is something gone wrong. */
function stageOf(story: CrashStory, simulation: Simulation, listed: Listing): Stage {
  const [book, watch] = [newBook(), newWatch()];
  const rest = resting(() => product, watch);
  const product: Product = deployed(listed.watching(simulation), {
    receivers: Object.entries(story.hosts).map(([name, phases]) => ({
      ...{ host: hostOf(name), phases, secrets: [secretOf(name.replace(FALLBACK_PREFIX, ''))] },
    })),
    onWrite(written) {
      watch.see(written);
      rest.see(written);
      listed.wrote(written);
    },
    onLine({ level, from, message, fields }) {
      if (level === 'error') book.wrongs.push(`${from} says ${message} ${fields.error ?? ''}`);
    },
    rest,
  });
  return newStage({ simulation, product, book, watch });
}

function eventsIn({ db }: Product): readonly EventSummary[] {
  const rows = [...(db.model.tables.get(TABLE_NAMES.history)?.rows() ?? [])];
  return rows
    .filter(({ sk }) => sk?.S === 'E')
    .map((row) => eventSummary(unmarshall({ ...row })))
    .filter(({ type }) => !type.startsWith('breakwater.breaker.'))
    .toSorted((a, b) => a.acceptedAtMs - b.acceptedAtMs);
}
