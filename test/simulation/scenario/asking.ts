import type { Process } from '../kernel/process.ts';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import type { Product } from '../product/product.ts';

/** How long somebody who does not get an answer tries again, and how often. */
export const TRIES_MAX = 60;
export const TRY_AGAIN_MS = 20_000;

/** The first answer that is not of an outage, or undefined when there was none in twenty minutes. */
export async function untilHeard(
  product: Product,
  process: Process,
  request: ApiRequest,
  onTry: () => void = () => {},
): Promise<ApiAnswer | undefined> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    onTry();
    const answer = await product.request(process, request);
    const isBusy = answer.status === 409 && answer.headers['retry-after'] !== undefined;
    if (answer.status < 500 && answer.status !== 429 && !isBusy) return answer;
    await process.clock.sleep(TRY_AGAIN_MS);
  }
  return undefined;
}
