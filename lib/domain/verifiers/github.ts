import { createHmac } from 'node:crypto';
import { liveSecrets } from '../secrets.ts';
import type { InboundRequest, Verdict } from '../source.ts';
import {
  anyEqual,
  type FixedFormat,
  headerOf,
  isDeliveryId,
  rejected,
  verified,
} from './checks.ts';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/**
 * Checks `X-Hub-Signature-256`. GitHub signs the body alone, no time and no id, so a repetition
 * is known by `X-GitHub-Delivery` only; the SHA-1 header that GitHub sends beside it never counts.
 */
export function verifyGithub(
  settings: FixedFormat,
  request: InboundRequest,
  nowMs: number,
): Verdict {
  const header = headerOf(request, 'x-hub-signature-256');
  if (header === undefined) return rejected('missing-signature');
  const [, hex] = SIGNATURE.exec(header) ?? [];
  if (hex === undefined) return rejected('malformed-signature');
  const id = headerOf(request, 'x-github-delivery');
  if (id !== undefined && !isDeliveryId(id)) return rejected('malformed-id');
  const macs = liveSecrets(settings.secrets, nowMs).map((secret) =>
    createHmac('sha256', secret).update(request.body).digest(),
  );
  return anyEqual(macs, [Buffer.from(hex, 'hex')]) ? verified(id) : rejected('bad-signature');
}
