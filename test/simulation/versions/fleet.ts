import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { ProductOptions } from '../product/product.ts';
import { newerMessage, newerTableCode } from './newer-code.ts';
import { oldMessage, oldTableCode } from './old-code.ts';
import { queuesThrough, tablesThrough } from './through.ts';

export type Version = 'old' | 'current' | 'newer';

/** From `fromMs` after the start of the run on, instances that start are of one of these. */
export interface Deployment {
  readonly fromMs: number;
  /** The same version twice is twice as likely. */
  readonly versions: readonly Version[];
}

export interface Fleet extends Required<Pick<ProductOptions, 'throughOf' | 'queuesThroughOf'>> {
  /** How many instances were started of each. */
  readonly started: Readonly<Record<Version, number>>;
}

/**
 * Instances of several versions on the same tables and queues. Which one an instance is, the dice
 * say when it starts; it stays that as long as it lives, also past the next deployment.
 */
export function fleet(simulation: Simulation, deployments: readonly Deployment[]): Fleet {
  const draws = simulation.draws('versions');
  const started = { old: 0, current: 0, newer: 0 };
  const versions = new Map<string, Version>();

  function versionOf({ name }: Process): Version {
    const known = versions.get(name);
    if (known !== undefined) return known;
    const sinceStartMs = simulation.nowMs() - simulation.startMs;
    const current = deployments.findLast(({ fromMs }) => fromMs <= sinceStartMs);
    const among = current?.versions ?? ['current'];
    const version = among[draws.below(among.length)] ?? 'current';
    versions.set(name, version);
    started[version] += 1;
    simulation.note(name, `starts as ${version} code`);
    return version;
  }

  return {
    started,
    throughOf(process, client) {
      switch (versionOf(process)) {
        case 'old':
          return tablesThrough(client, oldTableCode());
        case 'newer':
          return tablesThrough(client, newerTableCode());
        case 'current':
          return client;
      }
    },
    queuesThroughOf(process, client) {
      switch (versionOf(process)) {
        case 'old':
          return queuesThrough(client, oldMessage);
        case 'newer':
          return queuesThrough(client, newerMessage);
        case 'current':
          return client;
      }
    },
  };
}
