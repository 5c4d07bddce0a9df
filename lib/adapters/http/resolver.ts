import { Resolver } from 'node:dns/promises';
import { codeOf } from './failure.ts';

/**
 * Every address of a host, IPv4 first. Rejects with a `code` as `node:dns` does, and soon after
 * `signal` aborts. The sender asks once per attempt.
 */
export type Lookup = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

const QUERY_MS = 2_000;
const TRIES = 2;

/**
 * Asks the DNS servers of the system, or `servers`. Not `dns.lookup`: that one runs on the few
 * threads of the pool, so four dead name servers would stop every other delivery, and it cannot
 * be cancelled. The hosts file and search domains are not consulted, so no name of ours leaks in.
 */
export function systemLookup(servers?: readonly string[]): Lookup {
  return async (host, signal) => {
    // RFC 6761: never asked of the DNS. Only a policy that allows loopback gets this far with it.
    if (host === 'localhost') return ['127.0.0.1', '::1'];

    // One per lookup, so that an attempt that ends takes its own queries with it and no others.
    const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      if (v4.status === 'rejected' && v6.status === 'rejected') {
        // "There is none" is the answer only if both say so: else one server was out of order.
        throw isMissing(v4.reason) ? v6.reason : v4.reason;
      }
      return [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

function isMissing(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA'].includes(codeOf(error));
}
