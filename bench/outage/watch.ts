import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../local/client.ts';
import type { Place } from './place.ts';

/** The one integration of the drill, and its path at the receiver. */
export const NAME = 'erp';
export const PATH = `/${NAME}`;

const LOOK_MS = 250;
const TELL_MS = 5_000;
const PAGE = 250;
const PAGES_MAX = 1_000;
const TICK_MS = 60_000;

/** What `look` finds as soon as it finds anything. */
export async function waitFor<T>(
  what: string,
  secondsMax: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const untilMs = performance.now() + secondsMax * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`Waited ${secondsMax} s for ${what}.`);
    await sleep(LOOK_MS);
  }
}

/** Waits until so many were taken by the receiver, and says how it goes on. */
export async function taken({ receiver, client }: Place, wanted: number, secondsMax: number) {
  let toldMs = 0;
  let toldCount = 0;
  await waitFor(`${wanted} arrivals`, secondsMax, async () => {
    const count = (await receiver.counts())[PATH] ?? 0;
    const sinceMs = performance.now() - toldMs;
    if (sinceMs >= TELL_MS) {
      const perSecond = toldMs === 0 ? 0 : Math.round((count - toldCount) / (sinceMs / 1_000));
      const { state } = await breakerOf(client);
      tell(`${state}; ${count} of ${wanted} arrived, ${perSecond}/s`);
      toldMs = performance.now();
      toldCount = count;
    }
    return count >= wanted ? count : undefined;
  });
}

export function tell(what: string): void {
  process.stderr.write(`outage: ${what}\n`);
}

export async function breakerOf(client: Client) {
  const answer = await client.ask('GET', `/v1/integrations/${NAME}/breaker`, { expect: 200 });
  return answer as { readonly state: string; readonly openUntil: string | null };
}

/** A delivery as lists show it. */
export interface Listed {
  readonly event: string;
  readonly attempts: number;
  readonly heldBy: string | null;
  readonly createdAt: string;
}

/** All deliveries of that status, page by page. */
export async function listed(client: Client, status: string): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  const path = `/v1/deliveries?integration=${NAME}&status=${status}&limit=${PAGE}`;
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const more: string = cursor === null ? '' : `&cursor=${cursor}`;
    const answer = await client.ask('GET', path + more, { expect: 200 });
    const { data, nextCursor } = answer as { data: Listed[]; nextCursor: string | null };
    all.push(...data);
    cursor = nextCursor;
    if (cursor === null) return all;
  }
  throw new Error(`More than ${PAGES_MAX} pages are ${status}.`);
}

/** The tick each minute, until it is stopped. */
export function eachMinute({ run }: Place): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ticking = (async () => {
    while (!signal.aborted) {
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await run.tick();
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await ticking;
    },
  };
}
