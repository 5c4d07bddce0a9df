import { afterEach, expect } from 'vitest';
import type { Lookup } from '../../../lib/adapters/http/resolver.ts';
import { type HttpSenderOptions, httpSender } from '../../../lib/adapters/http/sender.ts';
import type { CallResult, OutboundCall } from '../../../lib/app/ports-sending.ts';
import {
  type Destination,
  type DestinationOptions,
  startDestination,
} from '../../fakes/destination.ts';

/** How much later than its deadline an attempt may end. */
export const LATE_MS_MAX = 250;

const running: Destination[] = [];

/** A destination that is gone after the test. */
export async function destination(options: DestinationOptions = {}): Promise<Destination> {
  const started = await startDestination(options);
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

/** A sender that may reach this machine. */
export function localSender(options: Partial<HttpSenderOptions> = {}) {
  return httpSender({ policy: { mode: 'loopback', ownHosts: [] }, ...options });
}

export function call(url: string, more: Partial<OutboundCall> = {}): OutboundCall {
  const body = Buffer.from('{"type":"invoice.paid"}');
  const headers = { 'content-type': 'application/json' };
  return { url, method: 'POST', headers, body, timeoutMs: 2_000, owner: 'int_1', ...more };
}

/** A lookup that brings these addresses and no alias; `next` is asked anew each time. */
export function found(next: () => readonly string[]): Lookup {
  return async () => ({ addresses: next(), aliases: [] });
}

/** The part of a result that a test is about. */
export function verdict({ error, statusCode, detail }: CallResult) {
  return { error, statusCode, detail };
}

/** That the attempt ended at its deadline: hardly before, and not much after. */
export function expectOnTime({ latencyMs }: CallResult, timeoutMs: number) {
  expect(latencyMs).toBeGreaterThanOrEqual(timeoutMs - 20);
  expect(latencyMs).toBeLessThanOrEqual(timeoutMs + LATE_MS_MAX);
}

/** Waits until the destination has no connection left: the attempt let go of its socket. */
export async function expectReleased(destination: Destination) {
  await expect.poll(() => destination.open(), { timeout: 1_000, interval: 5 }).toBe(0);
}
