import { createHash, createHmac } from 'node:crypto';
import { liveSecrets } from '../secrets.ts';
import type { InboundRequest, Verdict } from '../source.ts';
import {
  anyEqual,
  type FixedFormat,
  headerOf,
  isFresh,
  rejected,
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURES_MAX,
  secondsOf,
} from './checks.ts';

interface Signed {
  readonly timestamp: string;
  readonly v1: readonly Buffer[];
}

const ITEM = /^([a-z][a-z0-9]*)=([^=\s]*)$/;
const HEX = /^[0-9a-f]{64}$/;

/**
 * Checks `Stripe-Signature: t=…,v1=…`. The key is the whole secret as text, `whsec_` included;
 * `v0` and other schemes are passed over. Unlike Stripe's own library, a time too far ahead is
 * refused as one too far back is.
 */
export function verifyStripe(
  settings: FixedFormat,
  request: InboundRequest,
  nowMs: number,
): Verdict {
  const header = headerOf(request, 'stripe-signature');
  if (header === undefined) return rejected('missing-signature');
  const signed = signedOf(header);
  if (signed === undefined) return rejected('malformed-signature');
  const seconds = secondsOf(signed.timestamp);
  if (seconds === undefined) return rejected('malformed-timestamp');

  const content = Buffer.concat([Buffer.from(`${signed.timestamp}.`), request.body]);
  const macs = liveSecrets(settings.secrets, nowMs).map((secret) =>
    createHmac('sha256', secret).update(content).digest(),
  );
  if (!anyEqual(macs, signed.v1)) return rejected('bad-signature');
  if (!isFresh(seconds, settings.toleranceSeconds, nowMs)) {
    return rejected('timestamp-out-of-tolerance');
  }
  // Not the signature: one request may carry several, and be repeated with any of them.
  return { kind: 'verified', once: createHash('sha256').update(content).digest('base64url') };
}

/** One `t`, since two are two headers joined, and at least one `v1`; at most 16 items in all. */
function signedOf(header: string): Signed | undefined {
  if (header.length > SIGNATURE_HEADER_CHARS_MAX) return undefined;
  const items = header.split(',');
  if (items.length > SIGNATURES_MAX + 1) return undefined;
  const times: string[] = [];
  const v1: Buffer[] = [];
  for (const item of items) {
    const [, scheme, value = ''] = ITEM.exec(item) ?? [];
    if (scheme === undefined) return undefined;
    if (scheme === 't') times.push(value);
    if (scheme !== 'v1') continue;
    if (!HEX.test(value)) return undefined;
    v1.push(Buffer.from(value, 'hex'));
  }
  const [timestamp] = times;
  if (timestamp === undefined || times.length > 1 || v1.length === 0) return undefined;
  return { timestamp, v1 };
}
