import { createHook } from 'node:async_hooks';

/**
 * Runs every promise reaction and tick that is ready, and those they make ready, until none is
 * left. Nothing real can happen meanwhile: no timer fires and nothing is read. Works only where no
 * microtask is running, as at the beginning of an immediate.
 *
 * Node offers this only by a name of its own; a turn of the event loop for each step would be ten
 * times slower, and would let real timers and sockets in between.
 */
export function drain(): void {
  (process as unknown as { _tickCallback(): void })._tickCallback();
}

/** What only begins where somebody waits for the machine: timers, sockets, files, other threads. */
const REAL =
  /^(Timeout|Immediate|FILEHANDLE|FS.*|GETADDRINFO.*|GETNAMEINFO.*|QUERYWRAP|TCP.*|TLSWRAP|PIPE.*|UDP.*|HTTP.*|PROCESSWRAP|WORKER|STREAM.*|MESSAGEPORT)$/;

/** Tells what of the real machine is used, by the name Node has for it. */
export function watchMachine(onUse: (resource: string) => void): { stop(): void } {
  const hook = createHook({
    // Promises are not watched: it would make each of them several times slower.
    trackPromises: false,
    init(_id, type) {
      if (REAL.test(type)) onUse(type);
    },
  }).enable();
  return { stop: () => hook.disable() };
}

/**
 * Hears of promises that failed unheard, in place of whoever listened before. Lambda ends a process
 * for one.
 */
export function watchRejections(onRejection: (error: unknown) => void): { stop(): void } {
  const before = process.rawListeners('unhandledRejection');
  const late = process.rawListeners('rejectionHandled');
  process.removeAllListeners('unhandledRejection').removeAllListeners('rejectionHandled');
  process.on('unhandledRejection', onRejection);
  // Without a listener Node warns of each promise that was heard after all.
  process.on('rejectionHandled', () => {});
  return {
    stop() {
      process.removeAllListeners('unhandledRejection').removeAllListeners('rejectionHandled');
      for (const listener of before) process.on('unhandledRejection', listener as () => void);
      for (const listener of late) process.on('rejectionHandled', listener as () => void);
    },
  };
}
