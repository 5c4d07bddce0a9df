import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../children.ts';
import type { Arrival, Manner } from '../receiver.ts';
import type { Scratch } from '../scratch.ts';
import { sum } from '../statistics.ts';

/** The local run, as a process that can be killed. */
export interface LocalProcess {
  readonly url: string;
  readonly apiKey: string;
  readonly child: Child;
  /** Seconds of CPU used so far; undefined where there is no /proc. */
  cpuSeconds(): CpuSeconds | undefined;
  stop(): Promise<void>;
}

export interface CpuSeconds {
  readonly own: number;
  /** Of the processes that it has started: the tables. */
  readonly children: number;
}

export async function startLocal(
  scratch: Scratch,
  options: { readonly home: string; readonly assembly?: string },
): Promise<LocalProcess> {
  const child = startChild(scratch, './local/run-child.ts');
  const { url, apiKey } = await child.call<{ url: string; apiKey: string }>('boot', options);
  return {
    url,
    apiKey,
    child,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    async stop() {
      await child.call('stop');
      await child.kill();
    },
  };
}

/** Where a local run that was started in `home` has put what it runs; spares a second synthesis. */
export function assemblyOf(home: string): string {
  return join(home, 'cdk.out');
}

export interface ReceiverProcess {
  readonly url: string;
  count(): Promise<number>;
  arrivals(): Promise<readonly Arrival[]>;
  counts(): Promise<Readonly<Record<string, number>>>;
  times(path: string): Promise<readonly number[]>;
  behave(path: string, manner: Manner): Promise<void>;
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReceiverProcess(
  scratch: Scratch,
  answerAfterMs: number,
): Promise<ReceiverProcess> {
  const child = startChild(scratch, './local/receiver-child.ts');
  const url = await child.call<string>('start', { answerAfterMs });
  return {
    url,
    count: () => child.call('count'),
    arrivals: () => child.call('arrivals'),
    counts: () => child.call('counts'),
    times: (path) => child.call('times', path),
    behave: (path, manner) => child.call('behave', { path, manner }),
    forget: () => child.call('forget'),
    stop: child.kill,
  };
}

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

function cpuSecondsOf(pid: number): CpuSeconds | undefined {
  const all = processes();
  if (all === undefined) return undefined;
  const family = new Set([pid]);
  // A child may stand before its parent in the list: as many rounds as there are generations.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { id, parent } of all) if (family.has(parent)) family.add(id);
  }
  const used = (of: (id: number) => boolean) =>
    sum(all.filter(({ id }) => family.has(id) && of(id)).map((one) => one.used)) / TICKS_PER_SECOND;
  return { own: used((id) => id === pid), children: used((id) => id !== pid) };
}

interface ProcessTime {
  readonly id: number;
  readonly parent: number;
  /** Its own and that of children it has waited for. */
  readonly used: number;
}

function processes(): readonly ProcessTime[] | undefined {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function statOf(id: string): readonly ProcessTime[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    // It ended since it was listed.
    return [];
  }
  // The name, in brackets, may hold anything; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent = 0] = fields.slice(1, 2).map(Number);
  const used = sum(fields.slice(11, 15).map(Number));
  return [{ id: Number(id), parent, used }];
}
