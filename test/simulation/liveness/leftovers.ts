import { type Key, keys } from '../../../lib/adapters/dynamodb/table.ts';
import type { IntegrationId } from '../../../lib/domain/ids.ts';
import { parsePlaceName } from '../../../lib/domain/line.ts';
import { parseDoorbell, parseEventRef, parseWork } from '../../../lib/domain/messages.ts';
import type { Item } from '../dynamodb/values.ts';
import type { Product } from '../product/product.ts';
import type { Run } from '../scenario/run.ts';
import { isOver } from '../scenario/watch.ts';
import { FOREIGN_BODIES } from '../sqs/weather.ts';
import { rowsOf } from './states.ts';

const DAY_MS = 86_400_000;
/** Before SQS has forgotten any of them. */
const DEAD_LETTERS_AFTER_MS = 2 * DAY_MS;

/** Judges when all is over: nothing may be left that somebody would have to see to. */
export function leftovers(run: Run, stopMs: number): void {
  const { simulation } = run;
  const dead: string[] = [];
  simulation.spawn('undertaker').clock.after(stopMs + DEAD_LETTERS_AFTER_MS, () => {
    for (const queue of Object.values(run.product.deadLetters)) {
      dead.push(...queue.drain().map(({ body }) => body));
    }
  });
  for (const [name, check] of Object.entries(CHECKS)) {
    simulation.atEnd(() => {
      const wrong = check(run);
      return wrong === undefined ? undefined : `${name}: ${wrong}`;
    });
  }
  simulation.atEnd(() => {
    const unexplained = dead.find((body) => !isExplained(run, body));
    return unexplained && `every dead letter is explained: ${unexplained.slice(0, 200)}`;
  });
}

type Check = (run: Run) => string | undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  'no delivery is left': ({ watch }) => {
    const [id] = watch.pending.keys();
    return id && `${id} is ${watch.pending.get(id)?.state.status}`;
  },
  'no breaker is left troubled': ({ product }) => {
    const [row] = product.db.model.tables.get('state')?.index('troubled') ?? [];
    return row && JSON.stringify(row);
  },
  'no drain, sweep, job or place is left': ({ product }) => {
    const over = endedIn(product);
    const left = rowsOf(product, 'state').find(
      ([kind, row]) => LEFT.has(kind) && !(kind === 'place' && over.has(placeOf(row))),
    );
    return left && `${left[0]} ${JSON.stringify(left[1])}`;
  },
  'every job is over': ({ product }) => {
    const jobs = rowsOf(product, 'state').filter(([kind]) => kind === 'job');
    const open = jobs.map(([, { doc }]) => JSON.parse(doc?.S ?? '{}').state.status);
    return open.find((status) => !['succeeded', 'failed', 'cancelled'].includes(status));
  },
  'no message is left': ({ product }) => {
    const full = Object.values(product.queues).find((queue) => {
      const { visible, inFlight, delayed } = queue.counts();
      return visible + inFlight + delayed > 0;
    });
    return full?.name;
  },
};

/**
 * What ended and died before it could leave its line: nothing waits for its place, which the next
 * in that line takes away, or which expires with the history.
 */
function endedIn(product: Product): ReadonlySet<string> {
  const ended = rowsOf(product, 'history').filter(
    ([kind, { st }]) => kind === 'delivery' && isOver({ state: { status: st?.S ?? '' } }),
  );
  return new Set(ended.map(([, { pk, sk }]) => named({ pk: pk?.S ?? '', sk: sk?.S ?? '' })));
}

const named = ({ pk, sk }: Key) => `${pk} ${sk}`;

/** The delivery whose place it is, as `endedIn` names it. */
function placeOf({ pk, sk }: Item): string {
  const [, tenant = '', integrationId] = (pk?.S ?? '').split('#');
  const { eventId } = parsePlaceName(sk?.S ?? '');
  return named(keys.delivery(tenant, eventId, integrationId as IntegrationId));
}

const LEFT: ReadonlySet<string> = new Set(['drain', 'sweep', 'job-mark', 'place']);

/** Not ours, or its work is done all the same. */
function isExplained({ watch }: Run, body: string): boolean {
  if (FOREIGN_BODIES.includes(body)) return true;
  const readers = [parseDoorbell, parseEventRef, parseWork];
  const isOurs = readers.some((read) => {
    try {
      read(body);
      return true;
    } catch (error) {
      if (error instanceof Error) return false;
      throw error;
    }
  });
  return isOurs && [...watch.pending.values()].every(isOver);
}
