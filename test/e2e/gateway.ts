import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { boot } from '../../lib/local/boot.ts';
import type { BootOptions, LocalRun } from '../../lib/local/local-run.ts';
import { sharedAssembly } from './assembly.ts';
import { type Call, client, type Json } from './client.ts';
import { leakNet } from './leak-net.ts';

/** Nothing here is about speed, and the machine may be busy with other tests. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 });

/** A whole Breakwater over HTTP, in a directory of its own. */
export interface Gateway {
  readonly run: LocalRun;
  readonly home: string;
  /** With the admin key; another one goes into `key`, none at all is `key: null`. */
  readonly call: Call;
  /** Every line that a function has written so far, and every failure. */
  readonly log: readonly string[];
  /** Registers a webhook integration; the answer with `signing.secret`. */
  register(fields: Json): Promise<Json>;
  /** Publishes and expects 202; the answer. */
  publish(event: Json): Promise<Json>;
  /** A new key; its text. */
  key(fields: Json): Promise<string>;
  /** Stops the run and starts it again on the same data; `changes` last until it is stopped. */
  restart(changes?: Partial<BootOptions>): Promise<void>;
  /** The lines of figures that functions have written so far. */
  readonly figures: readonly string[];
  /** Every message that was put into a queue so far, by the queue. */
  readonly messages: Readonly<Record<string, readonly string[]>>;
  /**
   * Stops the run; throws if a function has failed in it that was not made to, or if a secret that
   * was given or shown over HTTP, whoever asked, is in a line, a figure, a message or a row.
   */
  stop(): Promise<void>;
}

export interface GatewayOptions extends Partial<BootOptions> {
  /** Functions are made to fail: `stop` does not mind. */
  readonly isFaulty?: boolean;
}

/** Schedules fire on `run.tick()` alone unless `options` says otherwise. */
export async function startGateway({
  isFaulty = false,
  ...options
}: GatewayOptions = {}): Promise<Gateway> {
  const home = await mkdtemp(join(tmpdir(), 'breakwater-e2e-'));
  const log: string[] = [];
  const figures: string[] = [];
  const net = leakNet();
  const messages: Record<string, string[]> = {};
  const assembly = await sharedAssembly();
  const start = (changes: Partial<BootOptions> = {}) =>
    boot({
      home,
      assembly,
      schedules: 'manual',
      onLog: (entry) =>
        log.push(entry.kind === 'line' ? entry.line : `FAILURE ${entry.where}: ${entry.reason}`),
      onFigures: (line) => figures.push(line),
      onMessage(queue, message) {
        messages[queue] ??= [];
        messages[queue].push(JSON.stringify(message));
      },
      onExchange: net.hear,
      ...options,
      ...changes,
    });
  let run = await start();
  const call: Call = (method, path, asked) => client(run.url, run.apiKey)(method, path, asked);
  const made = async (path: string, fields: Json, wanted: number): Promise<Json> => {
    const answer = await call('POST', path, { body: fields });
    if (answer.status === wanted) return answer.json;
    throw new Error(`POST ${path} was answered ${answer.status}: ${answer.text}`);
  };
  return {
    get run() {
      return run;
    },
    home,
    call,
    log,
    figures,
    messages,
    register: (fields) => made('/v1/integrations', { serviceType: 'webhook', ...fields }, 201),
    publish: (event) => made('/v1/events', event, 202),
    key: async (fields) => (await made('/v1/keys', { name: 'a key', ...fields }, 201)).key,
    async restart(changes) {
      await run.stop();
      run = await start(changes);
    },
    async stop() {
      const faults = isFaulty ? refusedOf(log) : faultsOf(run, log);
      const leaks = [...(await net.inTables(run))];
      await run.stop();
      const { answers } = net;
      for (const [where, texts] of Object.entries({ log, figures, answers, ...messages })) {
        leaks.push(...net.in(where, texts));
      }
      process.stdout.write(`canaries: ${net.report()}\n`);
      await rm(home, { recursive: true, force: true });
      if (faults.length > 0) throw new Error(`Functions failed:\n${faults.join('\n')}`);
      if (leaks.length > 0) throw new Error(`Secrets were written:\n${leaks.join('\n')}`);
    },
  };
}

/** What a role did not allow: never right, whatever else is made to fail. */
function refusedOf(log: readonly string[]): readonly string[] {
  return log.filter((line) => line.includes('"access.denied"'));
}

/** What only our own fault can bring about, whatever callers and endpoints do. */
function faultsOf(run: LocalRun, log: readonly string[]): readonly string[] {
  const lines = log.filter((line) => /^FAILURE|"level":"(ERROR|CRITICAL)"/.test(line));
  const dead = Object.entries(run.queues.counts()).filter(
    ([name, { visible, inFlight }]) => name.startsWith('DeadLetters') && visible + inFlight > 0,
  );
  return [...lines, ...dead.map(([name]) => `${name} has messages`)];
}

/** One after the other until there is one, or nothing more to wait for. */
export async function allPages(call: Call, path: string): Promise<readonly Json[]> {
  const found: Json[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const more = cursor === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${cursor}`;
    const { json } = await call('GET', `${path}${more}`);
    found.push(...json.data);
    cursor = json.nextCursor;
    if (cursor === null) return found;
  }
  throw new Error(`${path} has more than ${PAGES_MAX} pages`);
}

const PAGES_MAX = 100;
