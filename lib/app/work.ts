import type { WorkTask } from '../domain/work.ts';
import { concurrently } from './concurrently.ts';
import { type DrainDeps, drainStep } from './drain-step.ts';
import { type JobDeps, runJob } from './jobs.ts';
import type { Integrations, Telemetry } from './ports.ts';
import type { Deliveries } from './ports-history.ts';
import { type ProbeWaitingDeps, probeWaiting } from './probe-waiting.ts';

export interface WorkDeps extends DrainDeps, ProbeWaitingDeps, JobDeps {
  readonly clock: JobDeps['clock'];
  readonly drains: DrainDeps['drains'];
  readonly deliveries: JobDeps['deliveries'] & Pick<Deliveries, 'held' | 'load'>;
  readonly integrations: JobDeps['integrations'] & Pick<Integrations, 'byId'>;
  readonly telemetry: Telemetry;
}

/** A token with the name its batch knows it by. */
export interface BatchedWork {
  readonly messageId: string;
  readonly task: WorkTask;
}

const WIDTH = 4;
/** What a step may take at worst: five thousand doorbells, and the table beside them. */
const STEP_MS = 15_000;

/**
 * Does what the tokens of one batch ask for. Returns the messages to hand back: work that broke
 * down, and what there was no time to begin. Each may be done twice.
 */
export async function workBatch(
  deps: WorkDeps,
  batch: readonly BatchedWork[],
  remainingMs: () => number,
): Promise<readonly string[]> {
  const handedBack: string[] = [];
  await concurrently(batch, WIDTH, async ({ messageId, task }) => {
    if (remainingMs() < STEP_MS) {
      handedBack.push(messageId);
      return;
    }
    try {
      await work(deps, task, remainingMs);
    } catch (error) {
      const { kind } = task;
      const names = kind === 'job' ? { id: task.jobId } : { integrationId: task.integrationId };
      deps.telemetry.error('work.broke', { kind, ...names, error });
      handedBack.push(messageId);
    }
  });
  return handedBack;
}

async function work(deps: WorkDeps, task: WorkTask, remainingMs: () => number): Promise<void> {
  switch (task.kind) {
    case 'drain':
      return await drainStep(deps, task);
    case 'probe':
      return await probeWaiting(deps, task);
    case 'job':
      return await runJob(deps, task.jobId, remainingMs);
  }
}
