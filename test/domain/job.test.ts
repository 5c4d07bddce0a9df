import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cancelled,
  counted,
  failed,
  isOver,
  type Job,
  newJob,
  placeOf,
  worked,
} from '../../lib/domain/job.ts';
import { integration, T0, ulidOf } from '../contracts/fixtures.ts';

const REQUEST = { sinceMs: T0 - 9, untilMs: T0, statuses: ['failed'], dryRun: false } as const;

function job(change: Partial<Job> = {}): Job {
  const integrationId = integration(1).id;
  const made = {
    id: `job_${ulidOf(1)}`,
    tenant: 'default',
    integrationId,
    request: REQUEST,
  } as const;
  return { ...newJob(made, T0), ...change };
}

const dry = job({ request: { ...REQUEST, dryRun: true } });

describe('a job', () => {
  it('begins by counting from the first page', () => {
    expect(placeOf(job())).toEqual({ phase: 'count', after: undefined });
    expect(job()).toMatchObject({ state: { status: 'queued' }, progress: { done: 0, total: 0 } });
  });

  it('counts page by page, and then works from the first one', () => {
    const first = counted(job(), { found: 3, next: 'a' }, T0 + 1);
    expect(placeOf(first)).toEqual({ phase: 'count', after: 'a' });
    const last = counted(first, { found: 2, next: undefined }, T0 + 2);
    expect(last.progress).toEqual({ done: 0, total: 5 });
    expect(placeOf(last)).toEqual({ phase: 'work', after: undefined });
    expect(last.progressedAtMs).toBe(T0 + 2);
  });

  it('is over after counting when it is a dry run, with nothing done', () => {
    const over = counted(dry, { found: 7, next: undefined }, T0 + 1);
    expect(over.state).toEqual({ status: 'succeeded', finishedAtMs: T0 + 1 });
    expect(over.progress).toEqual({ done: 0, total: 7 });
  });

  it('works page by page until all that was counted is dealt with', () => {
    const all = counted(job(), { found: 5, next: undefined }, T0);
    const first = worked(all, { found: 2, next: 'b' }, T0 + 1);
    expect([first.progress, placeOf(first)]).toEqual([
      { done: 2, total: 5 },
      { phase: 'work', after: 'b' },
    ]);
    // One page was done again after a crash and found less.
    const last = worked(first, { found: 1, next: undefined }, T0 + 3);
    expect(last.progress).toEqual({ done: 5, total: 5 });
    expect(last.state).toEqual({ status: 'succeeded', finishedAtMs: T0 + 3 });
  });

  it('keeps what it has done when it fails or is cancelled', () => {
    const half = worked(job({ progress: { done: 1, total: 9 } }), { found: 3, next: 'x' }, T0);
    for (const over of [failed(half, 'why', T0 + 1), cancelled(half, T0 + 1)]) {
      expect(over.progress).toEqual({ done: 4, total: 9 });
      expect([isOver(over), placeOf(over)]).toEqual([true, undefined]);
    }
    expect(isOver(half)).toBe(false);
  });

  it('never has done more than its total', () => {
    const pages = fc.array(fc.nat(50), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pages, pages, (toCount, toWork) => {
        const through = (turn: typeof counted, from: Job, found: readonly number[]) =>
          found.reduce((now, n, i) => {
            const next = turn(
              now,
              { found: n, next: i + 1 < found.length ? `${i}` : undefined },
              T0,
            );
            expect(next.progress.done).toBeLessThanOrEqual(next.progress.total);
            return next;
          }, from);
        const over = through(worked, through(counted, job(), toCount), toWork);
        expect(over.state.status).toBe('succeeded');
        expect(over.progress.done).toBe(over.progress.total);
      }),
    );
  });
});
