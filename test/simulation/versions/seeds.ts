import type { Report } from '../kernel/simulate.ts';
import { runSeed } from '../scenario/run.ts';
import type { Story } from '../scenario/story.ts';
import { type Deployment, type Fleet, fleet } from './fleet.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Which code runs while there is traffic; what everybody is registered with is today's. */
export type Mix = 'older' | 'newer' | 'all' | 'older with chains';

const VERSIONS = {
  older: ['old', 'old', 'current'],
  newer: ['newer', 'current'],
  all: ['old', 'current', 'newer'],
  'older with chains': ['old', 'old', 'current'],
} as const satisfies Record<Mix, Deployment['versions']>;

export interface VersionedRun {
  readonly report: Report;
  readonly started: Fleet['started'];
}

/** One seed with two deployments in it and, before they are done, instances of several versions. */
export async function runVersions(
  seed: number,
  mix: Mix,
  troubledMs = 7 * DAY_MS,
): Promise<VersionedRun> {
  let started: Fleet['started'] = { old: 0, current: 0, newer: 0 };
  const versions = VERSIONS[mix];
  const deployments: readonly Deployment[] = [
    { fromMs: 0, versions: ['current'] },
    { fromMs: 2 * MINUTE_MS, versions },
    { fromMs: 0.6 * troubledMs, versions: [...versions, 'current', 'current'] },
    { fromMs: troubledMs, versions: ['current'] },
  ];
  const report = await runSeed({
    ...{ seed, troubledMs },
    toldAs: TOLD_AS[mix],
    deployedWith(simulation) {
      const mixed = fleet(simulation, deployments);
      started = mixed.started;
      return mixed;
    },
  });
  return { report, started };
}

/**
 * Who does not know of lines puts nobody in them, and who does not know of chains drops a delivery's
 * place in one: what they promise is promised from the end of the deployment on that brings them,
 * and not over a way back.
 */
const TOLD_AS: Readonly<Record<Mix, (story: Story) => Story>> = {
  older: (story) => withoutChains(withoutOrder(story)),
  newer: (story) => story,
  all: (story) => withoutChains(withoutOrder(story)),
  'older with chains': withoutOrder,
};

function withoutOrder(story: Story): Story {
  const integrations = story.integrations.map((plan) => ({ ...plan, isFifo: false }));
  return { ...story, integrations };
}

function withoutChains(story: Story): Story {
  const nothing = { fallback: [], fallbackHosts: [] };
  const integrations = story.integrations.map((plan) => ({ ...plan, ...nothing }));
  return { ...story, integrations };
}
