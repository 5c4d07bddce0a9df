import { createHmac, type KeyObject, verify } from 'node:crypto';
import { bytesOfBase64 } from '../encoding.ts';
import { hmacKey, liveSecrets, verifyingKey } from '../secrets.ts';
import type { InboundRequest, Verdict } from '../source.ts';
import {
  anyEqual,
  type FixedFormat,
  headerOf,
  isDeliveryId,
  isFresh,
  rejected,
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURES_MAX,
  secondsOf,
  verified,
} from './checks.ts';

interface Candidates {
  /** 32 bytes each, to be checked with the secrets only. */
  readonly v1: readonly Buffer[];
  /** 64 bytes each, to be checked with the public key only. */
  readonly v1a: readonly Buffer[];
}

const MAC_BYTES = 32;
const ED25519_BYTES = 64;
const CANDIDATE = /^(v[0-9]+[a-z]*),([^,]+)$/;

/**
 * Checks `<prefix>-id`, `-timestamp` and `-signature` as the Standard Webhooks specification says,
 * `webhook-` being its prefix. Stricter than the reference libraries: an id with a dot is refused
 * (the signed text could be cut elsewhere), and one malformed signature spoils the header (joined
 * duplicates look like that); only versions that are not known here are passed over.
 */
export function verifyStandardWebhooks(
  settings: FixedFormat,
  request: InboundRequest,
  nowMs: number,
  prefix: 'webhook' | 'svix' = 'webhook',
): Verdict {
  const signatures = headerOf(request, `${prefix}-signature`);
  if (signatures === undefined) return rejected('missing-signature');
  const id = headerOf(request, `${prefix}-id`);
  if (id === undefined) return rejected('missing-id');
  const timestamp = headerOf(request, `${prefix}-timestamp`);
  if (timestamp === undefined) return rejected('missing-timestamp');

  if (!isDeliveryId(id) || id.includes('.')) return rejected('malformed-id');
  const seconds = secondsOf(timestamp);
  if (seconds === undefined) return rejected('malformed-timestamp');
  const candidates = candidatesOf(signatures);
  if (candidates === undefined) return rejected('malformed-signature');

  const head = `${id}.${timestamp}.`;
  const macs = liveSecrets(settings.secrets, nowMs).map((secret) =>
    createHmac('sha256', hmacKey(secret)).update(head).update(request.body).digest(),
  );
  const agreed = [
    anyEqual(macs, candidates.v1),
    ...signedBy(settings.publicKey, Buffer.concat([Buffer.from(head), request.body]), candidates),
  ];
  if (!agreed.includes(true)) return rejected('bad-signature');
  // Told last, so that only whoever can sign learns how old is too old.
  if (!isFresh(seconds, settings.toleranceSeconds, nowMs)) {
    return rejected('timestamp-out-of-tolerance');
  }
  return verified(id);
}

/** Svix, Clerk, Resend and others: `svix-` headers where all three came, else the standard ones. */
export function verifySvix(settings: FixedFormat, request: InboundRequest, nowMs: number): Verdict {
  // Never a mixture: the id that removes repetitions has to be the one that was signed.
  const complete = ['svix-id', 'svix-timestamp', 'svix-signature'].every(
    (name) => headerOf(request, name) !== undefined,
  );
  return verifyStandardWebhooks(settings, request, nowMs, complete ? 'svix' : 'webhook');
}

function signedBy(
  publicKey: string | undefined,
  content: Buffer,
  { v1a }: Candidates,
): readonly boolean[] {
  if (publicKey === undefined) return [];
  const key: KeyObject = verifyingKey(publicKey);
  return v1a.map((signature) => verify(null, content, key, signature));
}

function candidatesOf(header: string): Candidates | undefined {
  if (header.length > SIGNATURE_HEADER_CHARS_MAX) return undefined;
  const texts = header.split(' ');
  if (texts.length > SIGNATURES_MAX) return undefined;
  const v1: Buffer[] = [];
  const v1a: Buffer[] = [];
  for (const text of texts) {
    const [, version, encoded = ''] = CANDIDATE.exec(text) ?? [];
    if (version === undefined) return undefined;
    if (version !== 'v1' && version !== 'v1a') continue;
    const bytes = bytesOfBase64(encoded);
    if (bytes?.length !== (version === 'v1' ? MAC_BYTES : ED25519_BYTES)) return undefined;
    (version === 'v1' ? v1 : v1a).push(bytes);
  }
  return { v1, v1a };
}
