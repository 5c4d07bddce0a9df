import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import { type Report, type Simulation, simulate } from './simulate.ts';

/** Small programs with known bugs: a kernel that does not find these finds nothing. */

export interface ToyOptions {
  readonly seed: number;
  readonly faults?: Faults;
  readonly listsKillPoints?: boolean;
}

const FOR_MS = 60_000;
const RESTART_MS = 100;

function running(options: ToyOptions, scenario: (simulation: Simulation) => void): Promise<Report> {
  return simulate({ ...options, forMs: FOR_MS }, scenario);
}

/** Starts the program, and starts it again in a new process each time that it dies. */
function supervised(
  simulation: Simulation,
  name: string,
  program: (process: Process) => Promise<void>,
) {
  let lives = 0;
  const live = () => {
    lives += 1;
    const process = simulation.spawn(`${name}/${lives}`, {
      isMortal: true,
      onDeath: () => simulation.world.clock.after(RESTART_MS, live),
    });
    process.start(
      () => program(process),
      (outcome) => {
        if (outcome.kind === 'failed') simulation.fail(`${name} threw: ${outcome.error}`);
      },
    );
  };
  live();
}

/** Two count to the same number. Broken: they write what they read plus one, unasked. */
export function counters(options: ToyOptions, isBroken: boolean): Promise<Report> {
  const row = { count: 0, version: 0 };
  const ADDS = 3;
  return running(options, (simulation) => {
    for (const name of ['left', 'right']) {
      const process = simulation.spawn(name);
      const add = async (): Promise<void> => {
        const { count, version } = await process.step('read', () => ({ ...row }));
        const isSaved = await process.step('write', () => {
          if (!isBroken && row.version !== version) return false;
          Object.assign(row, { count: count + 1, version: version + 1 });
          return true;
        });
        if (!isSaved) await add();
      };
      process.start(
        async () => {
          for (let n = 0; n < ADDS; n++) await add();
        },
        () => {},
      );
    }
    simulation.atEnd(() =>
      row.count === 2 * ADDS ? undefined : `${2 * ADDS} added, ${row.count} counted`,
    );
  });
}

interface Job {
  readonly id: number;
  visibleAtMs: number;
  receives: number;
}

export type InboxBug = 'acknowledges-first' | 'gives-up-early';

/** A worker that writes down what a queue hands it; what it was given and did not finish returns. */
export function inbox(options: ToyOptions, bug?: InboxBug): Promise<Report> {
  const VISIBILITY_MS = 1_000;
  const RECEIVES_MAX = bug === 'gives-up-early' ? 2 : 20;
  const ids = [1, 2, 3];
  const queue = new Map<number, Job>(ids.map((id) => [id, { id, visibleAtMs: 0, receives: 0 }]));
  const written = new Set<number>();
  return running(options, (simulation) => {
    const take = () => {
      const nowMs = simulation.nowMs();
      const job = [...queue.values()].find(({ visibleAtMs }) => visibleAtMs <= nowMs);
      if (job === undefined) return undefined;
      job.receives += 1;
      job.visibleAtMs = nowMs + VISIBILITY_MS;
      if (job.receives > RECEIVES_MAX) queue.delete(job.id);
      return job.receives > RECEIVES_MAX ? undefined : job.id;
    };
    supervised(simulation, 'worker', async (process) => {
      const acknowledge = (id: number) => process.step('acknowledge', () => queue.delete(id));
      while ((await process.step('look', () => queue.size)) > 0) {
        const id = await process.step('take', take);
        if (id === undefined) {
          await process.clock.sleep(VISIBILITY_MS / 4);
          continue;
        }
        if (bug === 'acknowledges-first') await acknowledge(id);
        await process.step('write', () => written.add(id));
        if (bug !== 'acknowledges-first') await acknowledge(id);
      }
    });
    simulation.atEnd(() => {
      const lost = ids.filter((id) => !written.has(id));
      return lost.length === 0 ? undefined : `lost: ${lost.join()}`;
    });
  });
}

/** Two workers and one letter to send. Broken: they do not agree on who sends it. */
export function letter(options: ToyOptions, isBroken: boolean): Promise<Report> {
  const LEASE_MS = 2_000;
  const row = { isSent: false, leaseUntilMs: 0 };
  let sending = 0;
  return running(options, (simulation) => {
    const claim = () => {
      const nowMs = simulation.nowMs();
      if (row.isSent || (!isBroken && row.leaseUntilMs > nowMs)) return false;
      row.leaseUntilMs = nowMs + LEASE_MS;
      return true;
    };
    for (const name of ['north', 'south']) {
      supervised(simulation, name, async (process) => {
        while (!(await process.step('look', () => row.isSent))) {
          if (!(await process.step('claim', claim))) {
            await process.clock.sleep(LEASE_MS / 4);
            continue;
          }
          await process.step('send', () => {
            sending += 1;
            simulation.world.clock.after(1, () => (sending -= 1));
          });
          await process.step('record', () => (row.isSent = true));
        }
      });
    }
    simulation.always(() => (sending > 1 ? 'two send at once' : undefined));
    simulation.atEnd(() => (row.isSent ? undefined : 'never sent'));
  });
}
