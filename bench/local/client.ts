import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { invoicePaid } from '../payload.ts';
import type { LocalProcess } from './processes.ts';

/** A caller of the API over connections that it keeps. */
export interface Client {
  addIntegration(name: string, endpoint: string, more?: object): Promise<void>;
  /** Publishes one event, of that type where one is given; returns its id. */
  publish(type?: string): Promise<string>;
  /** Publishes a batch; returns the ids of those that were accepted. */
  publishBatch(size: number): Promise<readonly string[]>;
  /** Any other call; throws unless the answer's status is `expect`. */
  ask(method: string, path: string, asked: Asked): Promise<unknown>;
  close(): void;
}

export interface Asked {
  readonly expect: number;
  readonly body?: object;
}

const SOCKETS_MAX = 64;
const REQUEST_MS_MAX = 30_000;
/** Shorter than the server keeps an idle connection, so that none is closed as it is used. */
const IDLE_MS_MAX = 3_000;

export function apiClient({ url, apiKey }: Pick<LocalProcess, 'url' | 'apiKey'>): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_MS_MAX });
  let events = 0;

  async function ask(method: string, path: string, { expect, body }: Asked): Promise<unknown> {
    const content = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
    };
    const options = { method, agent, headers, timeout: REQUEST_MS_MAX };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, options, (answer) => {
        text(answer).then((json) => {
          if (answer.statusCode === expect) resolve(JSON.parse(json));
          else reject(new Error(`${path} answered ${answer.statusCode}: ${json}`));
        }, reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`${path} took ${REQUEST_MS_MAX} ms.`)));
      const fail = (cause: Error) =>
        reject(new Error(`${method} ${path} was not answered`, { cause }));
      sent.on('error', fail).end(content);
    });
  }

  const post = (path: string, body: object, expect: number) => ask('POST', path, { expect, body });

  return {
    async addIntegration(name, endpoint, more = {}) {
      await post('/v1/integrations', { name, endpoint, ...more }, 201);
    },
    async publish(type) {
      const event = { ...invoicePaid(++events), ...(type !== undefined && { type }) };
      const { id } = (await post('/v1/events', event, 202)) as { id: string };
      return id;
    },
    async publishBatch(size) {
      const batch = Array.from({ length: size }, () => invoicePaid(++events));
      const answer = await post('/v1/events/batch', { events: batch }, 207);
      const { results } = answer as { results: readonly { status: number; id?: string }[] };
      return results.flatMap(({ status, id }) => (status === 202 && id !== undefined ? [id] : []));
    },
    ask,
    close: () => agent.destroy(),
  };
}

export interface Load {
  readonly latenciesMs: readonly number[];
  readonly seconds: number;
}

/** Lets `clients` callers take turns at `total` requests, each one after the other. */
export async function load(
  clients: number,
  total: number,
  send: () => Promise<unknown>,
): Promise<Load> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const startedMs = performance.now();
  const caller = async () => {
    while (begun < total) {
      begun += 1;
      const sentMs = performance.now();
      await send();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, caller));
  return { latenciesMs, seconds: (performance.now() - startedMs) / 1_000 };
}

/** Begins one request after the other at a steady rate, whether or not earlier ones are answered. */
export async function steadily(
  perSecond: number,
  seconds: number,
  send: () => Promise<unknown>,
): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const startedMs = performance.now();
  for (let i = 0; i < perSecond * seconds; i++) {
    await sleep(Math.max(0, startedMs + (i * 1_000) / perSecond - performance.now()));
    sent.push(send());
  }
  await Promise.all(sent);
}

const LOOK_MS = 50;

/** Looks until `count` says `wanted` or the time is over; returns the seconds that took. */
export async function reached(
  wanted: number,
  count: () => Promise<number>,
  secondsMax: number,
): Promise<number> {
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1_000;
  while ((await count()) < wanted && seconds() < secondsMax) await sleep(LOOK_MS);
  return seconds();
}
