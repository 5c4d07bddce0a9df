/** Cases that need a process of their own; prints what it saw as JSON. See process.test.ts. */
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { httpSender } from '../../../lib/adapters/http/sender.ts';
import type { CallResult } from '../../../lib/app/ports-sending.ts';
import { selfSigned } from '../../fakes/certificates.ts';
import {
  answer,
  type Destination,
  head,
  type Step,
  startDestination,
} from '../../fakes/destination.ts';

const WARM_ROUNDS = 10;
const ROUNDS = 40;
const HANG: Step = { kind: 'hang' };

function write(data: string | Uint8Array): Step {
  return { kind: 'write', data };
}

function sending(timeoutMs: number): (url: string) => Promise<CallResult> {
  const sender = httpSender({ policy: { mode: 'loopback', ownHosts: [] } });
  const body = new Uint8Array();
  return (url) => sender.send({ url, method: 'POST', headers: {}, body, timeoutMs });
}

async function environment() {
  const identity = selfSigned(['127.0.0.1']);
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
  const both = head(200, { 'content-length': '3', 'transfer-encoding': 'chunked' });
  const sinks = {
    plain: await startDestination(),
    selfSigned: await startDestination({ tls: identity }),
    oldTls: await startDestination({ tls: { ...identity, ...old, ciphers: 'DEFAULT@SECLEVEL=0' } }),
    twoLengths: await startDestination({ script: () => [write(both), write('0\r\n\r\n')] }),
  };
  const send = sending(2_000);
  const seen: Record<string, unknown> = {};
  for (const [name, sink] of Object.entries(sinks)) {
    const { statusCode, detail } = await send(sink.url);
    seen[name] = detail ?? statusCode;
  }
  await close(Object.values(sinks));
  return seen;
}

const SCRIPTS: readonly (readonly Step[])[] = [
  [write(`${head(200)}${'x'.repeat(200_000)}`), HANG],
  [write(head(200)), { kind: 'flood', data: 'x'.repeat(65_536) }],
  [...answer(200, gzipSync(Buffer.alloc(50 * 1_024 * 1_024)), { 'content-encoding': 'gzip' })],
  [write('HTTP/1.1 200 OK\r\n'), { kind: 'flood', data: 'a: b\r\n'.repeat(1_000) }],
  [write(head(200, { 'content-length': '0', a: 'x'.repeat(64_000) })), HANG],
];

/** The destinations live in another process, so that only the sender's memory is measured. */
async function memory() {
  const child = fork(new URL(import.meta.url).pathname, ['serve']);
  const urls = await new Promise<string[]>((resolve) => {
    child.once('message', (message) => resolve(message as string[]));
  });
  const [hanging = '', ...others] = urls;
  const [patient, impatient] = [sending(5_000), sending(100)];
  const errors = new Set<string | null>();
  const round = async (times: number) => {
    for (let at = 0; at < times; at++) {
      for (const url of others) errors.add((await patient(url)).error);
    }
    const results = await Promise.all(Array.from({ length: times }, () => impatient(hanging)));
    for (const { error } of results) errors.add(error);
  };
  await round(WARM_ROUNDS);
  const before = { held: await heldBytes(), rss: process.memoryUsage().rss };
  await round(ROUNDS);
  const rss = process.memoryUsage().rss;
  const held = await heldBytes();
  child.kill();
  return { heldBytes: held - before.held, rssBytes: rss - before.rss, errors: [...errors].sort() };
}

/** What is still reachable. */
async function heldBytes(): Promise<number> {
  // Buffers are given back a turn or two after their collection.
  for (let turn = 0; turn < 5; turn++) {
    global.gc?.();
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function serve() {
  process.once('disconnect', () => process.exit()); // A parent that was killed takes it along.
  const sinks = await Promise.all(
    SCRIPTS.map((steps) => startDestination({ script: () => steps })),
  );
  process.send?.(sinks.map(({ url }) => url));
}

async function close(sinks: readonly Destination[]) {
  await Promise.all(sinks.map((sink) => sink.close()));
}

const CASES: Readonly<Record<string, () => Promise<unknown>>> = { environment, memory };

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const name = process.argv[2] ?? '';
  const chosen = CASES[name];
  if (name === 'serve') await serve();
  else if (chosen !== undefined) process.stdout.write(JSON.stringify(await chosen()));
}
