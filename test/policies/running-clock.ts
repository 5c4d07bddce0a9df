import { setImmediate as turn } from 'node:timers/promises';
import { T0 } from '../fakes/world.ts';

const STEPS_MAX = 10_000;

/** A clock that jumps to its next timer whenever nothing else is left to do. */
export function runningClock() {
  let nowMs = T0;
  const timers = new Set<{ readonly atMs: number; readonly work: () => void }>();
  const clock = {
    nowMs: () => nowMs,
    after(ms: number, work: () => void) {
      const timer = { atMs: nowMs + ms, work };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    sleep: (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve)),
  };
  /** What the promise comes to; timers run until then. */
  async function until<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    for (let step = 0; step < STEPS_MAX && !isOver; step++) {
      await turn();
      if (isOver) break;
      const [next] = [...timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) throw new Error('It waits for nothing that would ever come.');
      timers.delete(next);
      nowMs = Math.max(nowMs, next.atMs);
      next.work();
    }
    return await promise;
  }
  const failureOf = async (promise: Promise<unknown>): Promise<unknown> => {
    try {
      await until(promise);
    } catch (error) {
      return error;
    }
    throw new Error('It did not fail.');
  };
  return { ...clock, until, failureOf, pending: () => timers.size };
}
