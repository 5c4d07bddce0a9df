import { isAddressAllowed } from '../domain/cidr.ts';
import { RequestError } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, type SourceId, ulid } from '../domain/ids.ts';
import { inboundEvent } from '../domain/inbound.ts';
import type { InboundRequest, RejectReason, Source, Verdict } from '../domain/source.ts';
import { verify } from '../domain/verify.ts';
import type { Published } from './accept-event.ts';
import type { Claims } from './ports.ts';
import { type PublishDeps, publishEvent } from './publish-event.ts';

export interface ReceiveDeps extends PublishDeps {
  /**
   * Up to two seconds old, or `freshMs`: a provider's next try finds a source made just now.
   */
  readonly sourceOf: (id: SourceId, freshMs?: number) => Promise<Source | undefined>;
  readonly claims: Claims;
}

/** A webhook, and the address that it came from. */
export interface ReceivedRequest extends InboundRequest {
  readonly sourceIp?: string | undefined;
}

export type Received = { readonly source: Source; readonly published: Published };

/**
 * What does not verify is held against a source this young before it is refused: some providers do
 * not try again after a 401, and the secret may have been rotated a moment ago. So forgeries cost
 * four reads a second of each source and instance, no more.
 */
const REFUSED_BY_MS = 250;
/** How long a provider's own delivery id is remembered. */
const DEDUPLICATED_MS = 86_400_000;

/**
 * Accepts a foreign webhook: from where the source may send, verified over its raw bytes, deduplicated by the provider's own id,
 * then published like any event. Nothing is stored for a request that does not verify.
 */
export async function receiveInbound(
  deps: ReceiveDeps,
  sourceId: SourceId,
  request: ReceivedRequest,
): Promise<Received> {
  const nowMs = deps.clock.nowMs();
  let source = await sourceFor(deps, sourceId);
  let checked = judge(source, request, nowMs);
  if (checked.kind === 'rejected') {
    source = await sourceFor(deps, sourceId, REFUSED_BY_MS);
    checked = judge(source, request, nowMs);
  }
  if (checked.kind === 'rejected') {
    deps.telemetry.count('InboundVerificationFailures');
    deps.telemetry.warn('inbound.rejected', {
      sourceId,
      tenant: source.tenant,
      reason: checked.reason,
    });
    throw refusal(checked.reason);
  }
  const { type, data, deliveryId, once } = inboundEvent(source, request, checked);
  let seed = ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES));
  if (deliveryId !== undefined) seed = await seedOf(deps, `in#${source.id}#${deliveryId}`, seed);
  if (once !== undefined) seed = await seedOf(deps, `once#${source.id}#${once}`, seed);
  const event = { tenant: source.tenant, type, data, source: source.id, id: `evt_${seed}` };
  return { source, published: await publishOnce(deps, event) };
}

/** The address first: who may not send here learns nothing of signatures. */
function judge(source: Source, request: ReceivedRequest, nowMs: number): Verdict {
  return isAddressAllowed(source, request.sourceIp ?? '')
    ? verify(source.verification, request, nowMs)
    : { kind: 'rejected', reason: 'address-not-allowed' };
}

async function sourceFor(
  deps: Pick<ReceiveDeps, 'sourceOf'>,
  id: SourceId,
  freshMs?: number,
): Promise<Source> {
  const source = await deps.sourceOf(id, freshMs);
  if (source !== undefined) return source;
  throw new RequestError('not-found', 'There is no such source.');
}

/**
 * The seed that the provider's delivery id, or what it signed, stands for: the same for 24 hours.
 * Whoever comes with it publishes the same event id, so a run that died in the middle is completed
 * by the next.
 */
async function seedOf(deps: ReceiveDeps, key: string, fresh: string): Promise<string> {
  const nowMs = deps.clock.nowMs();
  const untilMs = nowMs + DEDUPLICATED_MS;
  // Nobody need take this claim over: whoever finds it standing does the same work under its seed.
  const claim = { key, fingerprint: '', seed: fresh, createdAtMs: nowMs, leaseUntilMs: untilMs };
  const taken = await deps.claims.take(claim, untilMs, nowMs);
  return taken.claim.seed;
}

async function publishOnce(
  deps: ReceiveDeps,
  event: Parameters<typeof publishEvent>[1],
): Promise<Published> {
  try {
    return await publishEvent(deps, event);
  } catch (error) {
    // The provider sent other bytes under an id we have: the first ones stand, and it must stop
    // trying. Its id is what it deduplicates by, so it is what we do.
    if (error instanceof RequestError && error.code === 'event-id-conflict') {
      const { id = '', type, tenant } = event;
      return {
        id,
        type,
        tenant,
        acceptedAtMs: 0,
        deliveries: [],
        fanout: 'inline',
        duplicate: true,
      };
    }
    throw error;
  }
}

/** One answer for every way a signature can be wrong; the reason is in the log. */
function refusal(reason: RejectReason): RequestError {
  if (reason === 'address-not-allowed') {
    return new RequestError(reason, 'This source may not send from here.');
  }
  return reason === 'timestamp-out-of-tolerance'
    ? new RequestError(reason, 'The signed timestamp is too old or too new.')
    : new RequestError('invalid-signature', 'The signature is missing or does not match.');
}
