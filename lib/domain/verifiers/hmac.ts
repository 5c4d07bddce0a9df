import { besideId, isRepeatable, macOfHeader, templateMac } from '../hmac-template.ts';
import { liveSecrets } from '../secrets.ts';
import type { HmacTemplate } from '../signing.ts';
import type { InboundRequest, Rejected, Verdict, Verification } from '../source.ts';
import {
  anyEqual,
  headerOf,
  isDeliveryId,
  isFresh,
  rejected,
  SIGNATURE_HEADER_CHARS_MAX,
  secondsOf,
  verified,
} from './checks.ts';

/**
 * Checks a signature put together as the template says. An `idHeader` that is set must come with
 * every request, signed or not: dropping it would be the way round the removal of repetitions.
 */
export function verifyHmac(
  settings: Extract<Verification, { provider: 'hmac' }>,
  request: InboundRequest,
  nowMs: number,
): Verdict {
  const { hmac } = settings;
  const header = headerOf(request, hmac.header);
  if (header === undefined) return rejected('missing-signature');
  const candidate =
    header.length > SIGNATURE_HEADER_CHARS_MAX ? undefined : macOfHeader(hmac, header);
  if (candidate === undefined) return rejected('malformed-signature');
  const id = idOf(hmac, request);
  if (typeof id === 'object') return id;
  const time = timeOf(hmac, request);
  if ('kind' in time) return time;

  const values = { id: id ?? '', timestamp: time.text, body: request.body };
  const macs = liveSecrets(settings.secrets, nowMs).map((s) => templateMac(hmac, s, values));
  if (!anyEqual(macs, [candidate])) return rejected('bad-signature');
  if (time.seconds !== undefined && !isFresh(time.seconds, settings.toleranceSeconds, nowMs)) {
    return rejected('timestamp-out-of-tolerance');
  }
  // Of two secrets the MAC tells which; whoever repeats a request has no other MAC than it had.
  return { ...verified(id), ...(isRepeatable(hmac) && { once: candidate.toString('base64url') }) };
}

function idOf(hmac: HmacTemplate, request: InboundRequest): string | undefined | Rejected {
  if (hmac.idHeader === undefined) return undefined;
  const id = headerOf(request, hmac.idHeader);
  if (id === undefined) return rejected('missing-id');
  const delimiters = [...besideId(hmac)];
  if (!isDeliveryId(id) || delimiters.some((char) => id.includes(char))) {
    return rejected('malformed-id');
  }
  return id;
}

function timeOf(
  hmac: HmacTemplate,
  request: InboundRequest,
): { readonly text: string; readonly seconds?: number } | Rejected {
  if (hmac.timestampHeader === undefined) return { text: '' };
  const text = headerOf(request, hmac.timestampHeader);
  if (text === undefined) return rejected('missing-timestamp');
  const seconds = secondsOf(text);
  return seconds === undefined ? rejected('malformed-timestamp') : { text, seconds };
}
