import type { KeptCallAnswer } from '../domain/call-cache.ts';
import type { IntegrationId } from '../domain/ids.ts';

/** What synchronous calls need of the world besides what deliveries do. */

/** The last good answers of services; `key` names the request, see `cacheKey`. */
export interface Answers {
  /** Undefined where there is none, or none any more. */
  last(integrationId: IntegrationId, key: string): Promise<KeptCallAnswer | undefined>;
  /** Keeps it until `expiresAtMs` in place of an older one; one that was stored later stays. */
  keep(
    integrationId: IntegrationId,
    key: string,
    answer: KeptCallAnswer,
    expiresAtMs: number,
  ): Promise<'kept' | 'older' | 'too-large'>;
}
