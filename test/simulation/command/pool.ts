import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Said } from './jobs.ts';

export interface PoolOptions {
  readonly workers: number;
  /** The next job, if there is one now; asked again whenever somebody has said something. */
  readonly next: () => Job | undefined;
  readonly onSaid: (said: Said) => void;
  /** Of a job whose worker died, or was ended because it said nothing for too long. */
  readonly onLost: (job: Job, why: string) => void;
}

export interface Pool {
  /** Ends when no job is under way and there is none to come. */
  readonly ended: Promise<void>;
  /** Ends every worker where it stands. */
  stop(): void;
}

interface Worker {
  readonly child: ChildProcess;
  job: Job | undefined;
  isReady: boolean;
  heardAtMs: number;
}

/** Longer than any seed takes. */
const SILENT_MS_MAX = 5 * 60_000;
const LOOK_EVERY_MS = 5_000;
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Processes that work on jobs; none of them outlives this one. */
export function pool({ workers, next, onSaid, onLost }: PoolOptions): Pool {
  const ended = Promise.withResolvers<void>();
  const live = new Set<Worker>();
  let isOver = false;

  const hire = () => {
    const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const worker: Worker = { child, job: undefined, isReady: false, heardAtMs: Date.now() };
    live.add(worker);
    child.on('message', (said: Said) => {
      worker.heardAtMs = Date.now();
      if (said.kind === 'idle') {
        worker.isReady = true;
        worker.job = undefined;
      } else onSaid(said);
      feed();
    });
    child.on('exit', (code, signal) => {
      live.delete(worker);
      if (isOver) return;
      if (worker.job !== undefined) onLost(worker.job, `its process ended: ${signal ?? code}`);
      hire();
    });
  };
  const feed = () => {
    for (const worker of live) {
      if (isOver || !worker.isReady) continue;
      const job = next();
      if (job === undefined) break;
      Object.assign(worker, { job, isReady: false });
      worker.child.send(job);
    }
    if ([...live].every(({ isReady }) => isReady)) stop();
  };
  const look = setInterval(() => {
    for (const { child, job, heardAtMs } of live) {
      if (job !== undefined && Date.now() - heardAtMs > SILENT_MS_MAX) child.kill('SIGKILL');
    }
  }, LOOK_EVERY_MS);
  const kill = () => {
    for (const { child } of live) child.kill('SIGKILL');
  };
  function stop() {
    isOver = true;
    clearInterval(look);
    process.off('exit', kill);
    kill();
    ended.resolve();
  }

  process.on('exit', kill);
  for (let n = 0; n < workers; n++) hire();
  return { ended: ended.promise, stop };
}
