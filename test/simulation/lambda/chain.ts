/**
 * The chain of invocations that led to a message, as the trace header carries it: how often each
 * function is in it. Lambda counts so that it can stop functions that feed each other.
 */
export type Chain = string | undefined;

/** An invocation whose function is in its chain this often is not run. */
export const HOPS_MAX = 16;

const PREFIX = 'Lineage=';

export function hopsOf(chain: Chain, name: string): number {
  return countsOf(chain).get(name) ?? 0;
}

export function chainWith(chain: Chain, name: string): string {
  const counts = countsOf(chain);
  counts.set(name, (counts.get(name) ?? 0) + 1);
  return `${PREFIX}${[...counts].map(([one, hops]) => `${one}:${hops}`).join('|')}`;
}

/** Of the chains of a batch the one that is nearest to being stopped. */
export function longestChain(chains: readonly Chain[], name: string): Chain {
  return chains.reduce((a, b) => (hopsOf(b, name) > hopsOf(a, name) ? b : a), undefined);
}

function countsOf(chain: Chain): Map<string, number> {
  const text = chain?.startsWith(PREFIX) ? chain.slice(PREFIX.length) : '';
  const pairs = text.split('|').filter((part) => part !== '');
  return new Map(
    pairs.map((part) => {
      const [name = '', hops = '0'] = part.split(':');
      return [name, Number(hops)];
    }),
  );
}
