/**
 * The one way out: every request to an integration goes through here.
 *
 * A request is tried once. A connection that dies before an answer is an attempt that failed, even
 * on a reused connection: nobody can tell whether the request was processed, and the schedule
 * tries again. Reuse is kept from losing requests in the first place (see connections.ts).
 */
import type { SecureContext } from 'node:tls';
import type { OutboundCall, Sender } from '../../app/ports-sending.ts';
import type { HostAnswer } from '../../domain/dns-message.ts';
import {
  type CheckedUrl,
  checkAnswer,
  checkUrl,
  type EgressPolicy,
  hostHeader,
} from '../../domain/egress.ts';
import { ATTEMPT_SECONDS_MAX } from '../../domain/integration.ts';
import { isWireSafe } from '../../domain/outbound-headers.ts';
import { type Connection, connections } from './connections.ts';
import { dial, trust } from './dial.ts';
import { exchange, type Outcome, unanswered, type WireRequest } from './exchange.ts';
import { type Failure, failure, lookupFailure } from './failure.ts';
import { gate } from './gate.ts';
import { type Lookup, systemLookup } from './resolver.ts';

export interface HttpSenderOptions {
  readonly policy: EgressPolicy;
  readonly lookup?: Lookup;
  /** Wall clock: it must also run while the process is frozen. */
  readonly nowMs?: () => number;
  /** PEM trust anchors in place of the built-in ones. For tests: the product never sets it. */
  readonly ca?: string;
}

/** Attempts under way at a time in one process; each has at most one socket. */
const CONCURRENT_MAX = 256;
/** How long one address may take to connect while there is another one to try. */
const CONNECT_MS_MAX = 3_000;
const ADDRESSES_TRIED_MAX = 4;
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; failure: Failure };

/** Sends over node:http alone: no redirect, no proxy, no inflating, one deadline over everything. */
export function httpSender(options: HttpSenderOptions): Sender {
  const nowMs = options.nowMs ?? Date.now;
  const exits = gate(CONCURRENT_MAX);
  const attempt = attempter(options, nowMs);

  return {
    async send(call) {
      const startedAtMs = nowMs();
      const started = performance.now();
      const deadline = new AbortController();
      const timeoutMs = Math.min(call.timeoutMs, ATTEMPT_SECONDS_MAX * 1_000);
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      try {
        const outcome = (await exits.enter(deadline.signal))
          ? await attempt(call, deadline.signal, started + timeoutMs).finally(exits.leave)
          : unanswered(failure('timeout', 'sender_busy'));
        return { startedAtMs, latencyMs: Math.round(performance.now() - started), ...outcome };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function attempter(
  { policy, lookup = systemLookup(), ca }: HttpSenderOptions,
  nowMs: () => number,
) {
  const pool = connections(nowMs);
  let context: SecureContext | undefined;
  const secureContext = () => {
    context ??= trust(ca); // Not before the first https call: a cold start has no use for it.
    return context;
  };

  return async (call: OutboundCall, signal: AbortSignal, untilMs: number): Promise<Outcome> => {
    const checked = checkUrl(call.url, policy);
    if (!checked.ok) return unanswered(failure('blocked', checked.reason));
    const { url } = checked;
    if (!METHODS.has(call.method)) return unanswered(failure('blocked', 'method_not_allowed'));
    if (!Object.entries(call.headers).every(([name, value]) => isWireSafe(name, value))) {
      return unanswered(failure('blocked', 'header_not_allowed'));
    }

    const vetted = await vettedAddresses(url, policy, (host) => resolved(host, lookup, signal));
    if (!vetted.ok) return unanswered(vetted.failure);

    const keyOf = (address: string) =>
      call.owner === undefined
        ? undefined
        : `${call.owner} ${url.scheme} ${url.host} ${url.port} ${address}`;
    const open = async (address: string, until: AbortSignal): Promise<Step<Connection>> => {
      const dialled = await dial(url, address, secureContext, until);
      if (!dialled.ok) return dialled;
      return { ok: true, value: pool.adopt(keyOf(address), dialled.socket) };
    };
    const connection =
      (await firstIdle(vetted.value, (address) => pool.take(keyOf(address)))) ??
      (await firstOpen(vetted.value, open, signal));
    if (!connection.ok) return unanswered(connection.failure);

    return exchange(connection.value, { ...wireRequest(call, url), untilMs }, signal);
  };
}

/** The one lookup of an attempt, and the judgement of everything that it brought. */
async function vettedAddresses(
  url: CheckedUrl,
  policy: EgressPolicy,
  resolve: (host: string) => Promise<Step<HostAnswer>>,
): Promise<Step<readonly string[]>> {
  const found = url.isAddress
    ? { ok: true as const, value: { addresses: [url.host], aliases: [] } }
    : await resolve(url.host);
  if (!found.ok) return found;
  const checked = checkAnswer(found.value, url.reach, policy);
  if (checked.ok) return { ok: true, value: checked.addresses };
  const error = checked.reason === 'no_addresses' ? 'dns' : 'blocked';
  return { ok: false, failure: failure(error, checked.reason) };
}

/** Settles by the deadline, even where the lookup itself does not listen to it. */
function resolved(host: string, lookup: Lookup, signal: AbortSignal): Promise<Step<HostAnswer>> {
  return new Promise((resolve) => {
    const late = () => resolve({ ok: false, failure: failure('timeout', 'dns_timeout') });
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    lookup(host, signal)
      .then(
        (value) => resolve({ ok: true, value }),
        (error: unknown) => resolve({ ok: false, failure: lookupFailure(error) }),
      )
      .finally(() => signal.removeEventListener('abort', late));
  });
}

async function firstIdle(
  addresses: readonly string[],
  take: (address: string) => Promise<Connection | undefined>,
): Promise<Step<Connection> | undefined> {
  for (const address of addresses) {
    const connection = await take(address);
    if (connection !== undefined) return { ok: true, value: connection };
  }
  return undefined;
}

/** Tries the addresses in turn while they do not answer at all; each of them has been vetted. */
async function firstOpen(
  addresses: readonly string[],
  open: (address: string, until: AbortSignal) => Promise<Step<Connection>>,
  signal: AbortSignal,
): Promise<Step<Connection>> {
  const tried = addresses.slice(0, ADDRESSES_TRIED_MAX);
  let last: Step<Connection> = { ok: false, failure: failure('refused', 'connect_failed') };
  for (const [at, address] of tried.entries()) {
    const isLast = at === tried.length - 1;
    const until = isLast ? signal : AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS_MAX)]);
    last = await open(address, until);
    if (last.ok || signal.aborted) return last;
    if (!['refused', 'timeout'].includes(last.failure.error)) return last;
  }
  return last;
}

function wireRequest(call: OutboundCall, url: CheckedUrl): Omit<WireRequest, 'untilMs'> {
  const { method, headers, body, keepBytes } = call;
  const length =
    METHODS_WITH_BODY.has(method) || body.length > 0
      ? { 'content-length': String(body.length) }
      : {};
  return {
    method,
    path: url.path,
    headers: { host: hostHeader(url), ...headers, ...length, 'accept-encoding': 'identity' },
    body,
    ...(keepBytes !== undefined && { keepBytes }),
  };
}
