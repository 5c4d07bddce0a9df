import { targetName } from '../../../lib/domain/target.ts';
import type { ApiAnswer } from '../product/gateway.ts';
import type { Book } from './book.ts';

/** A breaker as the API shows it when all is over. */
export interface ShownBreaker {
  readonly integrationId: string;
  readonly target: number;
  readonly state: string;
  readonly version: number;
  /** Newest first. */
  readonly history: readonly ShownTransition[];
}

export interface ShownTransition {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly actor: string;
  readonly openUntil?: string;
}

/** How the auditor asks. */
export interface Asking {
  get(path: string): Promise<ApiAnswer>;
  /** All of a list, page by page. */
  listed(path: string): AsyncIterable<unknown>;
}

/** Asks for the breakers of every integration that is there still, with their whole history. */
export async function auditBreakers(
  { get, listed }: Asking,
  book: Book,
): Promise<readonly ShownBreaker[]> {
  const shown: ShownBreaker[] = [];
  for (const { id, name, fallbackHosts } of book.integrations.values()) {
    for (const target of [0, ...fallbackHosts.map((_, at) => at + 1)]) {
      const path = `/v1/integrations/${name}/breaker`;
      const { status, json } = await get(`${path}?target=${targetName(target)}`);
      if (status === 404) continue;
      const { state, version } = json;
      const history: ShownTransition[] = [];
      for await (const one of listed(`${path}/history?target=${targetName(target)}&`)) {
        history.push(one as ShownTransition);
      }
      shown.push({ integrationId: id, target, state, version, history });
    }
  }
  return shown;
}
