/**
 * Makes one attempt at each hostile destination and prints what it came to, how late it ended and
 * how far memory grew meanwhile, as JSON. The destinations live in a process of their own, so that
 * only the sender is measured. See hostile-suite.test.ts.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemLookup } from '../../../lib/adapters/http/resolver.ts';
import { type HttpSenderOptions, httpSender } from '../../../lib/adapters/http/sender.ts';
import type { CallResult, OutboundCall } from '../../../lib/app/ports-sending.ts';
import { CALL_ANSWER_BYTES_MAX } from '../../../lib/domain/call.ts';
import { judge, RETRY_DEFAULTS } from '../../../lib/domain/retry.ts';
import { render, wire } from '../../../lib/edge/reply.ts';
import { type Served, serve } from './hostile-servers.ts';

export interface Row {
  readonly name: string;
  readonly error: CallResult['error'];
  readonly detail: string | null;
  readonly statusCode: number | null;
  readonly outcome: string;
  readonly ms: number;
  /** How much longer it took than its timeout; negative if it ended before. */
  readonly lateMs: number;
  /** Heap, external memory and array buffers, at their highest over what they were before. */
  readonly heldBytes: number;
  readonly rssBytes: number;
}

/** What the answer of a call costs after the attempt: as the text that Lambda wants of a function. */
export interface Replied {
  readonly name: string;
  readonly heldBytes: number;
  readonly rssBytes: number;
}

export interface Suite {
  readonly rows: readonly Row[];
  readonly replies: readonly Replied[];
  /** Connections to the listener that redirects point at. */
  readonly trapped: number;
}

const SAMPLE_MS = 5;
const LOCAL = { mode: 'loopback', ownHosts: [] } as const;

async function run(): Promise<Suite> {
  const child = fork(new URL(import.meta.url).pathname, ['serve']);
  const [{ ca, targets, silentNameServer }] = (await once(child, 'message')) as [Served];
  const sending = (more: Partial<HttpSenderOptions> = {}) =>
    httpSender({ policy: LOCAL, ca, ...more });
  const sender = sending();
  // Code, trust anchors and buffers of the first calls are no attempt's own.
  for (const { name, ...call } of targets.filter(({ name }) => name.startsWith('204'))) {
    for (let warm = 0; warm < 20; warm++) await sender.send(callTo(call.url, call.timeoutMs));
  }
  const rows: Row[] = [];
  for (const { name, url, timeoutMs, keepBytes, body } of targets) {
    const call = callTo(url, timeoutMs, { keepBytes, body });
    rows.push(await measured(name, timeoutMs, () => sender.send(call)));
  }
  const deaf = sending({
    policy: { ...LOCAL, mode: 'strict' },
    lookup: systemLookup([silentNameServer]),
  });
  const call = callTo('https://a.example.com/', 400);
  rows.push(await measured('DNS hung', 400, () => deaf.send(call)));
  child.send('count');
  const [trapped] = (await once(child, 'message')) as [number];
  child.kill();
  return { rows, replies: await replies(), trapped };
}

/** Twice: the first time also makes room that stays. */
async function replies(): Promise<readonly Replied[]> {
  const body = new Uint8Array(CALL_ANSWER_BYTES_MAX).fill(0x20);
  const reply = { statusCode: 200, headers: { 'content-type': 'text/plain' }, bytes: body };
  const answers = ['', 'gzip'].map((acceptEncoding) => ({
    name: acceptEncoding === '' ? 'as base64' : 'compressed',
    give: async () => JSON.stringify(wire(render(reply), { id: 'req', acceptEncoding })).length,
  }));
  const measures: Replied[] = [];
  for (const { name, give } of answers) {
    await measure(give);
    const { heldBytes, rssBytes } = await measure(give);
    measures.push({ name, heldBytes, rssBytes });
  }
  return measures;
}

function callTo(
  url: string,
  timeoutMs: number,
  { keepBytes, body = 23 }: { keepBytes?: number | undefined; body?: number | undefined } = {},
): OutboundCall {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array(body).fill(0x20),
    timeoutMs,
    ...(keepBytes !== undefined && { keepBytes }),
  };
}

async function measured(
  name: string,
  timeoutMs: number,
  attempt: () => Promise<CallResult>,
): Promise<Row> {
  const { result, ms, heldBytes, rssBytes } = await measure(attempt);
  const { error, statusCode, detail = null } = result;
  return {
    name,
    error,
    detail,
    statusCode,
    outcome: judge(result, RETRY_DEFAULTS, Date.now()).outcome,
    ms,
    lateMs: ms - timeoutMs,
    heldBytes,
    rssBytes,
  };
}

async function measure<T>(work: () => Promise<T>) {
  const before = await settled();
  const most = { ...before };
  const sample = () => {
    const now = memory();
    most.held = Math.max(most.held, now.held);
    most.rss = Math.max(most.rss, now.rss);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const started = performance.now();
  const result = await work();
  const ms = Math.round(performance.now() - started);
  sample();
  clearInterval(timer);
  return { result, ms, heldBytes: most.held - before.held, rssBytes: most.rss - before.rss };
}

function memory(): { held: number; rss: number } {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, rss };
}

/** After a collection; buffers are given back a turn or two after theirs. */
async function settled(): Promise<{ held: number; rss: number }> {
  for (let turn = 0; turn < 3; turn++) {
    global.gc?.();
    await sleep(5);
  }
  return memory();
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.argv[2] === 'serve') await serve();
  else process.stdout.write(JSON.stringify(await run()));
}
