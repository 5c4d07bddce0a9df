import { type Draws, drawsOf } from '../kernel/draws.ts';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from './asking.ts';
import type { Book } from './book.ts';
import { signingSecret } from './canaries.ts';

const HOUR_MS = 3_600_000;

/**
 * Somebody who looks after keys, sources and secrets that no traffic needs, now and then in the
 * time: what is asked is asked until it is heard.
 */
export function keepHouse(product: Product, book: Book, seed: number, forMs: number): void {
  const { simulation } = product;
  const draws = drawsOf(seed, 'housekeeping');
  for (const [name, work] of Object.entries({ keys: ofKeys, sources: ofSources })) {
    const process = simulation.spawn(`housekeeping-${name}`);
    const ask = async (statuses: readonly number[], request: ApiRequest) => {
      await process.clock.sleep(draws.unit() * (forMs / WORKS_MAX));
      const answer = await untilHeard(product, process, request);
      const isFine = answer === undefined || statuses.includes(answer.status);
      if (!isFine) book.wrongs.push(`${process.name}: ${JSON.stringify([request, answer])}`);
      return answer;
    };
    process.start(
      () => work(ask, draws),
      (outcome) => {
        if (outcome.kind === 'failed') book.wrongs.push(`${process.name}: ${outcome.error}`);
      },
    );
  }
}

/** None of these has more to do, so that all is done in the time. */
const WORKS_MAX = 6;

type Ask = (statuses: readonly number[], request: ApiRequest) => Promise<ApiAnswer | undefined>;

/** Nobody heard the answer that names the key: then there is nothing more to do with it. */
async function ofKeys(ask: Ask, draws: Draws): Promise<void> {
  const body = { name: 'housekeeping', scopes: ['events:publish'] };
  const headers = { 'idempotency-key': `housekeeping-${draws.below(1_000)}` };
  const made = await ask([201], { method: 'POST', path: '/v1/keys', headers, body });
  await ask([200, 404], { method: 'GET', path: '/v1/integrations/int-0/secret' });
  const path = `/v1/keys/${made?.json?.id}`;
  if (made?.json?.id === undefined) return;
  const graceSeconds = Math.floor((draws.unit() * HOUR_MS) / 1_000);
  await ask([201, 404, 409, 422], {
    method: 'POST',
    path: `${path}/rotate`,
    body: { graceSeconds },
  });
  await ask([204, 404], { method: 'DELETE', path });
}

async function ofSources(ask: Ask): Promise<void> {
  const path = '/v1/sources/other';
  const provider = 'standard-webhooks';
  const body = { name: 'other', provider, secret: signingSecret('the other source') };
  const made = await ask([200, 201], { method: 'PUT', path, body });
  // In an outage that lasts longer than anybody asks, there is none.
  if (made === undefined) return;
  await ask([200], { method: 'PATCH', path, body: { description: 'looked after' } });
  const secret = signingSecret('the other source later');
  await ask([200, 409], { method: 'POST', path: `${path}/secret/rotate`, body: { secret } });
  await ask([204, 404], { method: 'DELETE', path });
}
