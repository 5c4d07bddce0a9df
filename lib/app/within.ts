import type { Clock } from './ports.ts';

/**
 * What the promise comes to, or undefined if it takes longer than `ms`: then it goes on by itself,
 * and `late` is told if it fails.
 */
export async function within<T>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  promise: Promise<T>,
  late: (error: unknown) => void,
): Promise<T | undefined> {
  let isOver = false;
  let cancel = () => {};
  const timeout = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => {
      isOver = true;
      resolve(undefined);
    });
  });
  promise.catch((error: unknown) => {
    if (isOver) late(error);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
}
