import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

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
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 10);
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fillers = Array.from({ length: room === 0 ? 4 : 0 }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stop = async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  return { port, stop };
}
