import { setImmediate as turn } from 'node:timers/promises';
import { type CallDeps, callService } from '../../lib/app/call-service.ts';
import type { CallResult, OutboundCall } from '../../lib/app/ports-sending.ts';
import type { Principal } from '../../lib/domain/api-key.ts';
import { RequestError } from '../../lib/domain/errors.ts';
import type { FallbackLink, FallbackTrigger, UrlLink } from '../../lib/domain/fallback.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const STEP_MS = 10;
const STEPS_MAX = 6_000;
export const CALLER: Principal = {
  keyId: 'key_caller',
  name: 'caller',
  scopes: ['integrations:call'],
};

/** An answer with this status and body, an error, or a request that hangs until its deadline. */
export type Manner =
  | number
  | 'hang'
  | NonNullable<CallResult['error']>
  | (Partial<CallResult> & { readonly text?: string });

/** A service and its fallbacks in memory; each host answers as told, its last manner for ever. */
export function callWorld() {
  const world = deliveryWorld();
  const { clock } = world;
  const scripts = new Map<string, readonly Manner[]>();
  const sent: OutboundCall[] = [];
  const hostOf = (call: OutboundCall) => new URL(call.url).hostname.split('.')[0] ?? '';
  const send = async (call: OutboundCall): Promise<CallResult> => {
    sent.push(call);
    const startedAtMs = clock.nowMs();
    const [manner = 200, ...rest] = scripts.get(hostOf(call)) ?? [];
    if (rest.length > 0) scripts.set(hostOf(call), rest);
    if (manner === 'hang') await new Promise<void>((r) => clock.after(call.timeoutMs, r));
    return resultOf(manner, startedAtMs, clock.nowMs());
  };
  const instance = (name: string) => ({ ...world.instance(name), sender: { send } });
  const deps = instance('caller');

  const call = async (ref: string, body: object, { seed, by = deps }: Options = {}) => {
    const startedAtMs = clock.nowMs();
    const asked = { integration: ref, body, seed };
    let outcome: Outcome | undefined;
    callService(by, { principal: CALLER }, asked).then(
      ({ given, source, attempts }) => {
        const told = { source, attempts, refusal: undefined };
        outcome =
          given.kind === 'queued'
            ? { ...told, status: 202, text: '', headers: {}, published: given.published }
            : {
                ...told,
                status: given.answer.statusCode,
                text: Buffer.from(given.answer.body).toString(),
                headers: given.answer.headers,
                age: given.ageSeconds,
              };
      },
      (error: unknown) => {
        outcome = { ...EMPTY, refusal: error };
      },
    );
    for (let step = 0; step < STEPS_MAX && outcome === undefined; step++) {
      await turn();
      if (outcome === undefined) clock.advance(STEP_MS);
    }
    if (outcome === undefined) throw new Error('The call has no end.');
    const refusal = outcome.refusal;
    if (refusal !== undefined && !(refusal instanceof RequestError)) throw refusal;
    return { ...outcome, refusal, ms: clock.nowMs() - startedAtMs };
  };
  return {
    ...world,
    deps,
    instance,
    sent,
    call,
    behave: (host: string, ...manners: readonly Manner[]) => void scripts.set(host, manners),
    to: (host: string) => sent.filter((one) => hostOf(one) === host),
    service: (name: string, more: Partial<Integration> = {}) =>
      world.register(name, {
        ...{ serviceType: 'rest_api', endpoint: `https://${name}.example.com/v1` },
        ...more,
      }),
  };
}

interface Options {
  readonly seed?: string;
  readonly by?: CallDeps;
}

interface Outcome {
  readonly source: string;
  readonly attempts: number;
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly age?: number | undefined;
  readonly published?: { readonly id: string; readonly type: string };
  readonly refusal: unknown;
}

const EMPTY = { source: '', attempts: 0, status: 0, text: '', headers: {} };

function resultOf(manner: Manner, startedAtMs: number, nowMs: number): CallResult {
  const base = {
    startedAtMs,
    latencyMs: nowMs - startedAtMs,
    responseHeaders: {},
    responseBody: '',
  };
  if (manner === 'hang') return { ...base, statusCode: null, error: 'timeout' };
  if (typeof manner === 'string') return { ...base, statusCode: null, error: manner };
  const { text = '{}', ...given } = typeof manner === 'number' ? { statusCode: manner } : manner;
  const headers = { 'content-type': 'application/json', ...given.responseHeaders };
  return {
    ...base,
    ...{ statusCode: 200, error: null, answer: Buffer.from(text) },
    answerHeaders: Object.entries(headers),
    ...given,
    responseHeaders: headers,
  };
}

const BOTH: readonly FallbackTrigger[] = ['breaker-open', 'exhausted'];

export const links = {
  url: (host: string, more: Partial<UrlLink> = {}): UrlLink => ({
    ...{ type: 'url', url: `https://${host}.example.com/dr`, auth: { type: 'none' } },
    ...{ headers: {}, on: BOTH },
    ...more,
  }),
  cache: (maxAgeSeconds: number, on = BOTH): FallbackLink => ({ type: 'cache', maxAgeSeconds, on }),
  answer: (text: string, on = BOTH): FallbackLink => ({
    ...{ type: 'static', statusCode: 203, headers: { 'Content-Type': 'text/plain' } },
    ...{ body: text, on },
  }),
  queue: (on = BOTH): FallbackLink => ({ type: 'queue', on }),
};
