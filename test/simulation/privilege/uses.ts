import { played } from '../crash/crash-story.ts';
import { crashStories } from '../crash/stories.ts';
import { flows } from '../flows/all.ts';
import { listedFaults } from '../kernel/faults.ts';
import { hearing, type Sent } from '../product/commands.ts';
import { runSeed } from '../scenario/run.ts';
import { beginning } from './alone.ts';
import { seldomFlows } from './seldom.ts';
import { tour } from './tour.ts';

/** A kind of request that was seen, and how often; the values of its condition keys by example. */
export interface Use extends Sent {
  readonly times: number;
}

export interface Uses {
  readonly commands: number;
  readonly uses: readonly Use[];
  /** Runs that did not go as told. */
  readonly failures: readonly string[];
}

const SEEDS = [1, 2, 3];
const TOURS = [1];
/** Partitions told apart by what stands before it: `KEY#…`. */
const KIND = /^[A-Z-]+(?=#|$)/;
/** In full: whose secrets they are, and what of a row is written. */
const IN_FULL = ['kms:EncryptionContext:kind', 'dynamodb:Attributes'];

/** Everything that every function asks of AWS in runs that go everywhere. */
export async function usesOfAll(): Promise<Uses> {
  const uses = new Map<string, Sent & { times: number }>();
  const failures: string[] = [];
  let commands = 0;
  const hear = (sent: Sent) => {
    commands += 1;
    const key = JSON.stringify([sent.from, sent.action, sent.resource, kindsOf(sent)]);
    const known = uses.get(key);
    if (known === undefined) uses.set(key, { ...sent, times: 1 });
    else known.times += 1;
  };
  const ran = async (name: string, run: Promise<{ readonly failure?: string | undefined }>) => {
    const { failure } = await run;
    if (failure !== undefined) failures.push(`${name}: ${failure}`);
  };
  await hearing(hear, async () => {
    for (const { name, run } of [...flows, ...seldomFlows]) await ran(name, run());
    for (const story of crashStories) await ran(story.name, played(story, listedFaults([])));
    for (const seed of TOURS) await ran(`tour ${seed}`, tour(seed));
    for (const seed of SEEDS) await ran(`seed ${seed}`, runSeed({ seed }));
    await beginning();
  });
  return { commands, uses: [...uses.values()], failures };
}

/** What of its context a condition may tell apart. */
function kindsOf({ context }: Sent): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(context).map(([key, values]) => [
    key,
    IN_FULL.includes(key) ? values : values.map((value) => KIND.exec(value)?.[0] ?? ''),
  ]);
}
