import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** The system takes one more than the queue is told to hold. */
const QUEUED = 2;
/** Elsewhere than on Linux it may take fewer. */
const QUEUED_MS_MAX = 5_000;

/**
 * A port whose listener sleeps and takes no more connections than its queue holds: none at all
 * with `room` 0, so that connecting hangs; with more, what is sent is never read.
 */
export async function fullListener(room = 0) {
  const source = `
    const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: ${room + 1} }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = room === 0 ? await filled(port) : [];
  const stop = async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  return { port, stop };
}

/** More than the queue takes, once it has taken what it does. */
async function filled(port: number): Promise<readonly Socket[]> {
  const isFull = Promise.withResolvers<void>();
  let queued = 0;
  const fillers = Array.from({ length: 2 * QUEUED }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .on('connect', () => {
        queued += 1;
        if (queued === QUEUED) isFull.resolve();
      }),
  );
  const timer = setTimeout(isFull.resolve, QUEUED_MS_MAX);
  await isFull.promise;
  clearTimeout(timer);
  return fillers;
}
