import { Resolver } from 'node:dns';
import {
  type AddressFamily,
  type DnsReply,
  dnsQuery,
  type HostAnswer,
  readDnsReply,
} from '../../domain/dns-message.ts';
import { codeOf } from './failure.ts';
import {
  askOverTcp,
  askOverUdp,
  failed,
  type NameServer,
  nameServer,
  queryId,
} from './name-server.ts';

/**
 * Every address of a host, IPv4 first, and every name on the way to them, out of the same answers.
 * Rejects with a `code` as `node:dns` does, and soon after `signal` aborts. The sender asks once
 * per attempt.
 */
export type Lookup = (host: string, signal: AbortSignal) => Promise<HostAnswer>;

const QUERY_MS = 2_000;
const ROUNDS = 2;
const SERVERS_MAX = 3;

/**
 * Asks the DNS servers of the system, or `servers`: one question for each family. Not `dns.lookup`:
 * that one runs on the few threads of the pool, so four dead name servers would stop every other
 * delivery, and it cannot be cancelled. The hosts file and search domains are not consulted, so no
 * name of ours leaks in.
 */
export function systemLookup(servers?: readonly string[]): Lookup {
  let known: readonly NameServer[] | undefined;
  return async (host, signal) => {
    // RFC 6761: never asked of the DNS. Only a policy that allows loopback gets this far with it.
    if (host === 'localhost') return { addresses: ['127.0.0.1', '::1'], aliases: [] };

    known ??= (servers ?? new Resolver().getServers()).slice(0, SERVERS_MAX).map(nameServer);
    const asked = known;
    const [v4, v6] = await Promise.allSettled(
      ([4, 6] as const).map((family) => ask(asked, host, family, signal)),
    );
    if (v4?.status === 'rejected' && v6?.status === 'rejected') {
      // "There is none" is the answer only if both say so: else one server was out of order.
      throw isMissing(v4.reason) ? v6.reason : v4.reason;
    }
    const answers = [v4, v6].flatMap((one) => (one?.status === 'fulfilled' ? [one.value] : []));
    return {
      addresses: answers.flatMap(({ addresses }) => addresses),
      aliases: [...new Set(answers.flatMap(({ aliases }) => aliases))],
    };
  };
}

/** One server after the other until one answers, a second time round if none has. */
async function ask(
  servers: readonly NameServer[],
  host: string,
  family: AddressFamily,
  signal: AbortSignal,
): Promise<HostAnswer> {
  let last = failed('ECONNREFUSED');
  for (const server of Array.from({ length: ROUNDS }, () => servers).flat()) {
    if (signal.aborted) break;
    const until = AbortSignal.any([signal, AbortSignal.timeout(QUERY_MS)]);
    const reply = await exchanged(server, dnsQuery(queryId(), host, family), family, until);
    if (reply.kind === 'answer') return reply.answer;
    last = reply;
    if (isMissing(reply)) break;
  }
  throw Object.assign(new Error('The name servers gave no address.'), {
    code: signal.aborted ? 'ECANCELLED' : last.code,
  });
}

async function exchanged(
  server: NameServer,
  query: Buffer,
  family: AddressFamily,
  until: AbortSignal,
): Promise<Exclude<DnsReply, { kind: 'foreign' | 'truncated' }>> {
  const read = (message: Buffer) => readDnsReply(message, query, family);
  const first = await askOverUdp(server, query, read, until);
  const reply = first.kind === 'truncated' ? await askOverTcp(server, query, read, until) : first;
  // Over TCP nobody else's answer comes, and none is cut.
  return reply.kind === 'foreign' || reply.kind === 'truncated' ? failed('EBADRESP') : reply;
}

function isMissing(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA'].includes(codeOf(error));
}
