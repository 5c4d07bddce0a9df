import { createHmac, randomUUID } from 'node:crypto';
import { invoicePaid } from '../payload.ts';
import { FAIL_ONCE } from '../receiver.ts';
import type { World } from './world.ts';

/** A way in which events come, with how many deliveries it makes. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly deliveries: number;
  /** Integrations and the like; what it takes is not counted. */
  prepare(world: World, receiver: string): Promise<void>;
  accept(world: World): Promise<void>;
}

const GITHUB_SECRET = 'bench-webhook-secret';

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'singly',
    title: 'one event, one integration',
    deliveries: 40,
    prepare: (world, receiver) => addIntegration(world, 'one', `${receiver}/one`),
    accept: (world) => publishSingly(world, 40),
  },
  {
    name: 'lone',
    title: 'the same, alone in a cold system',
    deliveries: 1,
    prepare: (world, receiver) => addIntegration(world, 'one', `${receiver}/one`),
    accept: (world) => publishSingly(world, 1),
  },
  {
    name: 'tens',
    title: 'in batches of ten',
    deliveries: 40,
    prepare: (world, receiver) => addIntegration(world, 'one', `${receiver}/one`),
    accept: (world) => publishTens(world, 4),
  },
  {
    name: 'fan-out',
    title: 'one event, ten integrations',
    deliveries: 40,
    async prepare(world, receiver) {
      for (let i = 0; i < 10; i++) await addIntegration(world, `to-${i}`, `${receiver}/to-${i}`);
    },
    accept: (world) => publishSingly(world, 4),
  },
  {
    name: 'retry',
    title: 'delivered at the second attempt',
    deliveries: 10,
    prepare: (world, receiver) =>
      addIntegration(world, 'flaky', receiver + FAIL_ONCE, { schedule: [1], jitter: 0 }),
    accept: (world) => publishSingly(world, 10),
  },
  {
    name: 'idempotency-key',
    title: 'each with an Idempotency-Key',
    deliveries: 20,
    prepare: (world, receiver) => addIntegration(world, 'one', `${receiver}/one`),
    accept: (world) =>
      publishSingly(world, 20, () => ({ 'idempotency-key': `bench-${randomUUID()}` })),
  },
  inbound(),
];

/** The thousand deliveries to one integration whose busiest partitions are looked at. */
export const BUSY: Scenario = {
  name: 'busy',
  title: '1,000 deliveries to one integration',
  deliveries: 1_000,
  prepare: (world, receiver) => addIntegration(world, 'one', `${receiver}/one`),
  accept: (world) => publishTens(world, 100),
};

function inbound(): Scenario {
  let source = '';
  return {
    name: 'inbound',
    title: 'a webhook from GitHub',
    deliveries: 20,
    async prepare(world, receiver) {
      await addIntegration(world, 'one', `${receiver}/one`);
      const made = await world.gateway.send({
        route: 'POST /v1/sources',
        to: 'api',
        expect: 201,
        body: JSON.stringify({ name: 'github', provider: 'github', secret: GITHUB_SECRET }),
      });
      source = String(made.id);
    },
    async accept(world) {
      for (let i = 0; i < 20; i++) await receive(world, source, i);
    },
  };
}

async function receive(world: World, source: string, i: number): Promise<void> {
  const body = JSON.stringify({ action: 'opened', number: i, ...invoicePaid(i).data });
  const signature = createHmac('sha256', GITHUB_SECRET).update(body).digest('hex');
  await world.gateway.send({
    route: 'ANY /in/{source}',
    to: 'receive',
    path: `/in/${source}`,
    params: { source },
    expect: 202,
    body,
    headers: {
      'x-github-event': 'pull_request',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
    },
  });
}

async function addIntegration(world: World, name: string, endpoint: string, retry?: object) {
  await world.gateway.send({
    route: 'POST /v1/integrations',
    to: 'api',
    expect: 201,
    body: JSON.stringify({ name, endpoint, ...(retry !== undefined && { retry }) }),
  });
}

async function publishSingly(
  world: World,
  count: number,
  headers: () => Record<string, string> = () => ({}),
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.gateway.send({
      route: 'POST /v1/events',
      to: 'publish',
      expect: 202,
      body: JSON.stringify(invoicePaid(i)),
      headers: headers(),
    });
  }
}

async function publishTens(world: World, count: number): Promise<void> {
  for (let batch = 0; batch < count; batch++) {
    const events = Array.from({ length: 10 }, (_, i) => invoicePaid(batch * 10 + i));
    await world.gateway.send({
      route: 'POST /v1/events/batch',
      to: 'publish',
      expect: 207,
      body: JSON.stringify({ events }),
    });
  }
}
