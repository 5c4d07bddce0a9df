import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Answer, Api, Arrival, Receiver } from './wire.ts';

const SETTLED_MS_MAX = 60_000;

export interface Tour {
  readonly api: Api;
  readonly key: string;
  readonly receiver: Receiver;
  purgeQueues(): Promise<void>;
}

/** One guarantee, shown over the deployed API; it throws where it does not hold. */
export type Stop = (tour: Tour) => Promise<void>;

/** Registers an integration at the receiver, under its name as path; returns its secret. */
export async function register(
  { api, key, receiver }: Tour,
  name: string,
  eventTypes: readonly string[],
  rest = {},
): Promise<string> {
  const made = await api('POST /v1/integrations', {
    key,
    body: {
      name,
      serviceType: 'webhook',
      endpoint: `${receiver.url}/${name}`,
      eventTypes,
      ...rest,
    },
  });
  expectStatus(made, 201);
  return made.json.signing.secret;
}

export async function publish(
  { api, key }: Tour,
  type: string,
  data: unknown,
  rest = {},
): Promise<string> {
  const accepted = await api('POST /v1/events', { key, body: { type, data, ...rest } });
  expectStatus(accepted, 202);
  return accepted.json.id;
}

/** The receiving end's own check, by the reference library of Standard Webhooks. */
export function verify(arrival: Arrival | undefined, secret: string, eventId: string): void {
  assert.ok(arrival);
  new Webhook(secret).verify(arrival.body, { ...arrival.headers });
  assert.equal(arrival.headers['webhook-id'], eventId);
}

export async function settled(
  { api, key }: Tour,
  event: string,
  status: string,
  attempts?: number,
): Promise<void> {
  const deadline = Date.now() + SETTLED_MS_MAX;
  let last: Answer | undefined;
  while (Date.now() < deadline) {
    last = await api(`GET /v1/events/${event}/deliveries`, { key });
    expectStatus(last, 200);
    const [delivery] = last.json.data;
    const isCounted = attempts === undefined || delivery?.attempts === attempts;
    if (delivery?.status === status && isCounted) return;
    await sleep(200);
  }
  throw new Error(
    `The history does not show ${status} after ${attempts ?? 'any'} attempts: ${last?.text}`,
  );
}

export function expectStatus(answer: Answer, status: number): void {
  assert.equal(answer.status, status, `status ${answer.status}, not ${status}: ${answer.text}`);
}

export function expectProblem(answer: Answer, status: number): void {
  expectStatus(answer, status);
  assert.match(answer.contentType, /^application\/problem\+json/);
  assert.equal(answer.json.status, status);
}
