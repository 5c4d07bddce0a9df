import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { undocumented } from '../edge/documented.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on field by field.
export type Json = any;

export interface Asked {
  readonly body?: Json;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the client's own; null sends none. */
  readonly key?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly json: Json;
}

export type Call = (method: string, path: string, asked?: Asked) => Promise<Answer>;

/** Calls `base` as a caller with `apiKey` does. */
export function client(base: string, apiKey: string): Call {
  return async (method, path, { body, raw, headers, key = apiKey } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${base}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(content !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content !== undefined && { body: content }),
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type') ?? undefined;
    const seen = { method, path: path.split('?', 1)[0] ?? '', status: response.status };
    expect(undocumented({ ...seen, contentType, text })).toEqual([]);
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
}

const DEADLINE_MS = 60_000;
const POLL_MS = 100;

/** What `probe` finds as soon as it finds anything but undefined or false. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > endMs) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(POLL_MS);
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
