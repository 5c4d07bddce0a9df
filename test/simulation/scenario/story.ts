import type { Behaviour, Phase } from '../destinations/behaviour.ts';
import type { Receiver } from '../destinations/receivers.ts';
import { type Draws, drawsOf } from '../kernel/draws.ts';
import type { OrderKind, RetrySpec } from './book.ts';
import { type Planted, planted, signingSecret, tokenReceivers } from './canaries.ts';

/** What a run is about, drawn from its seed: who receives what, who asks for what and when. */
export interface Story {
  readonly integrations: readonly IntegrationPlan[];
  readonly receivers: readonly Receiver[];
  readonly publications: readonly Publication[];
  readonly orders: readonly OrderPlan[];
}

export interface IntegrationPlan extends Planted {
  readonly name: string;
  readonly host: string;
  readonly eventTypes: readonly string[];
  readonly secret: string;
  readonly retry: RetrySpec;
  readonly isFifo: boolean;
  readonly fallbackHosts: readonly string[];
  readonly breaker: object;
  readonly limits: object;
  readonly timeoutSeconds: number;
}

export interface Publication {
  readonly atMs: number;
  readonly how: 'publish' | 'batch' | 'receive';
  readonly events: readonly EventPlan[];
  /** Only of `publish`. */
  readonly idempotencyKey?: string;
}

export interface EventPlan {
  readonly id?: string;
  readonly type: string;
  readonly data: object;
  readonly orderingKey?: string;
  readonly deliverInMs?: number;
}

export interface OrderPlan {
  readonly atMs: number;
  readonly what: OrderKind;
  /** Of an integration, where it is about one; else a delivery or event by its number. */
  readonly name: string;
  readonly pick: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TYPES = ['order.paid', 'order.refunded', 'user.created'];
/** Of the requests to a receiver, so many are sent back to whoever sent them. */
const ECHOES = 0.3;

const RETRIES: readonly RetrySpec[] = [
  { maxAttempts: 3, schedule: [5, 60], maxAgeSeconds: 7_200 },
  { maxAttempts: 5, schedule: [5, 300, 1_800, 7_200], maxAgeSeconds: 86_400 },
  { maxAttempts: 8, schedule: [1, 5, 30, 120, 900, 3_600, 14_400], maxAgeSeconds: 259_200 },
  {
    maxAttempts: 10,
    schedule: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
    maxAgeSeconds: 864_000,
  },
];

/** The story of this seed; traffic of `forMs` from the start on. */
export function storyOf(seed: number, forMs: number): Story {
  const draws = drawsOf(seed, 'story');
  // Of their own, so that what is hidden where changes nothing else of the story.
  const secrets = drawsOf(seed, 'secrets');
  const integrations = Array.from({ length: 2 + draws.below(4) }, (_, at) =>
    planted(integrationPlan(draws, at), secrets),
  );
  const called = integrations.flatMap(({ host, fallbackHosts, secret, linkSecret = secret }) =>
    [host, ...fallbackHosts].map(
      (one): Receiver => ({
        ...{ host: one, secrets: [secret, linkSecret], echoes: ECHOES },
        phases: phasesOf(draws, forMs),
      }),
    ),
  );
  const receivers = [...called, ...integrations.flatMap(tokenReceivers)];
  const publications = publicationsOf(draws, forMs);
  const orders = ordersOf(draws, { forMs, integrations, publications });
  return { integrations, receivers, publications, orders };
}

function integrationPlan(draws: Draws, at: number): Parameters<typeof planted>[0] {
  const name = `int-${at}`;
  const host = `${name}.example.com`;
  const hasUrlFallback = draws.chance(0.35);
  const fallbackHosts = hasUrlFallback ? [`dr-${host}`] : [];
  return {
    ...{ name, host, fallbackHosts },
    eventTypes: draws.chance(0.5)
      ? ['*']
      : [pick(draws, ['order.*', 'user.created', 'order.paid'])],
    secret: signingSecret(name),
    retry: pick(draws, RETRIES),
    isFifo: draws.chance(0.3),
    fallback: hasUrlFallback
      ? [
          {
            type: 'url',
            url: `https://dr-${host}/hooks`,
            on: pick(draws, [['breaker-open'], ['exhausted'], ['breaker-open', 'exhausted']]),
          },
        ]
      : [],
    breaker: pick(draws, [
      {},
      { minimumCalls: 3, consecutiveFailures: 3, openSeconds: 30, maxOpenSeconds: 300 },
      { enabled: false },
    ]),
    limits: pick(draws, [{}, {}, { concurrency: 2 }, { perSecond: 5 }]),
    timeoutSeconds: pick(draws, [5, 15, 30]),
  };
}

/** Well, but for a few windows of trouble. */
function phasesOf(draws: Draws, forMs: number): readonly Phase[] {
  const phases: Phase[] = [{ fromMs: 0, does: { kind: 'healthy' } }];
  let atMs = 0;
  const windows = draws.below(5);
  for (let n = 0; n < windows; n++) {
    atMs += draws.unit() * (forMs / 3);
    const forLongMs = draws.chance(0.7) ? draws.unit() * 2 * HOUR_MS : draws.unit() * 36 * HOUR_MS;
    if (atMs + forLongMs >= forMs) break;
    phases.push({ fromMs: atMs, does: troubleOf(draws) });
    atMs += forLongMs;
    phases.push({ fromMs: atMs, does: { kind: 'healthy' } });
  }
  return phases;
}

function troubleOf(draws: Draws): Behaviour {
  return pick<Behaviour>(draws, [
    { kind: 'down' },
    { kind: 'down' },
    { kind: 'failing', probability: 0.6, status: 503 },
    { kind: 'failing', probability: 1, status: 500 },
    { kind: 'failing', probability: 1, status: 400 },
    { kind: 'slow', fromMs: 2_000, toMs: 20_000 },
    { kind: 'hanging' },
    { kind: 'deaf' },
    { kind: 'reset' },
    { kind: 'busy', status: 429, retryAfter: '120' },
    { kind: 'busy', status: 503, retryAfter: '900' },
  ]);
}

function publicationsOf(draws: Draws, forMs: number): readonly Publication[] {
  const publications: Publication[] = [];
  let number = 0;
  const event = (): EventPlan => {
    number += 1;
    return {
      type: pick(draws, TYPES),
      data: { number, text: 'x'.repeat(draws.chance(0.05) ? 70_000 : draws.below(200)) },
      ...(draws.chance(0.3) && { id: `own-${number}` }),
      ...(draws.chance(0.4) && { orderingKey: `key-${draws.below(2)}` }),
      ...(draws.chance(0.05) && { deliverInMs: draws.unit() * 12 * HOUR_MS }),
    };
  };
  const bursts = 3 + draws.below(4);
  for (let burst = 0; burst < bursts; burst++) {
    const fromMs = MINUTE_MS + draws.unit() * (forMs - HOUR_MS);
    const spanMs = pick(draws, [5_000, MINUTE_MS, HOUR_MS]);
    const count = 1 + draws.below(7);
    for (let n = 0; n < count; n++) {
      const atMs = fromMs + draws.unit() * spanMs;
      const roll = draws.unit();
      if (roll < 0.15) {
        publications.push({ atMs, how: 'batch', events: [event(), event(), event()] });
      } else if (roll < 0.3) {
        publications.push({ atMs, how: 'receive', events: [event()] });
      } else {
        const key = draws.chance(0.5) ? { idempotencyKey: `idem-${number}` } : {};
        publications.push({ atMs, how: 'publish', events: [event()], ...key });
      }
    }
  }
  return publications.sort((a, b) => a.atMs - b.atMs);
}

const ORDERS: readonly OrderKind[] = [
  ...(['pause', 'patch', 'rotate', 'retry', 'retry', 'cancel'] as const),
  ...(['replay', 'recover', 'trip', 'reset', 'delete'] as const),
];

interface Told extends Pick<Story, 'integrations' | 'publications'> {
  readonly forMs: number;
}

/** Most come when something is under way: at another time there is little to get wrong. */
const BUSY_SHARE = 0.6;

function ordersOf(draws: Draws, { forMs, integrations, publications }: Told): readonly OrderPlan[] {
  const orders: OrderPlan[] = [];
  const count = draws.below(8);
  for (let n = 0; n < count; n++) {
    const what = pick(draws, ORDERS);
    const { name } = pick(draws, integrations);
    // One integration is left alone, so that something is always delivered as it should be.
    if (what === 'delete' && name === 'int-0') continue;
    const calmMs = 10 * MINUTE_MS + draws.unit() * (forMs - 2 * HOUR_MS);
    const busyMs = pick(draws, publications).atMs + draws.unit() * 20 * MINUTE_MS;
    const atMs = draws.chance(BUSY_SHARE) ? Math.min(busyMs, forMs - HOUR_MS) : calmMs;
    orders.push({ atMs, what, name, pick: draws.below(1_000) });
    // Who pauses resumes; who trips resets, or waits in vain.
    if (what === 'pause') {
      orders.push({ atMs: atMs + draws.unit() * 20 * HOUR_MS, what: 'resume', name, pick: 0 });
    }
    if (what === 'trip') {
      orders.push({ atMs: atMs + draws.unit() * 20 * HOUR_MS, what: 'reset', name, pick: 0 });
    }
  }
  return orders.sort((a, b) => a.atMs - b.atMs);
}

function pick<T>(draws: Draws, list: readonly T[]): T {
  return list[draws.below(list.length)] as T;
}
