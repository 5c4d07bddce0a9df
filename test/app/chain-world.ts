import { BREAKER_DEFAULTS, type BreakerConfig } from '../../lib/domain/breaker.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import type { FallbackChain, UrlLink } from '../../lib/domain/fallback.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS, type RetryPolicy } from '../../lib/domain/retry.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

export const BREAKER: BreakerConfig = {
  ...BREAKER_DEFAULTS,
  minimumCalls: 3,
  consecutiveFailures: 3,
};
export const BOTH = ['breaker-open', 'exhausted'] as const;
/** A link to a URL of this host, for both triggers. */
export const url = (host: string, more: Partial<UrlLink> = {}): UrlLink => ({
  ...{ type: 'url', url: `https://${host}/hooks`, on: BOTH, auth: { type: 'none' }, headers: {} },
  ...more,
});
export const TWICE: RetryPolicy = {
  ...RETRY_DEFAULTS,
  ...{ jitter: 0, maxAttempts: 2, timing: { kind: 'schedule', seconds: [5] } },
};
const MINUTE = 60_000;

/** An integration with a fallback chain, on hosts whose answers the test sets. */
export async function chainWorld(fallback: FallbackChain, more: Partial<Integration> = {}) {
  const world = deliveryWorld();
  const integration = await world.register('erp', { breaker: BREAKER, fallback, ...more });
  const host = (name: string, result: Parameters<typeof world.sender.hostAnswers>[1]) =>
    world.sender.hostAnswers(name, result);
  /** Hosts that were called, in order. */
  const called = () => world.sender.sent.map(({ url: to }) => URL.parse(to)?.hostname ?? to);
  let events = 0;
  const publish = async (): Promise<string> => {
    const id = `e${events++}`;
    await world.publish({ id });
    return id;
  };
  const open = async (targets: readonly string[] = ['erp.example.com']) => {
    for (const name of targets) host(name, 500);
    for (let i = 0; i < 3; i++) await publish();
    await world.run(1_000);
  };
  const stored = async (id: string): Promise<Delivery> => {
    const found = await world.delivery(id, integration.id);
    if (found === undefined) throw new Error(`no delivery of ${id}`);
    return found;
  };
  const state = async (target: number, of = integration) =>
    (await world.breakers.load({ tenant: 'default', integrationId: of.id, target }))?.state;
  /** Minutes as they pass: doorbells, tokens and the tick. */
  const pass = async (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      await world.run(MINUTE);
      await world.minute();
      await world.run(1_000);
    }
  };
  return { ...world, integration, host, called, publish, open, stored, state, pass };
}
