import { createHash } from 'node:crypto';
import { liveSecrets } from '../secrets.ts';
import type { InboundRequest, Verdict, Verification } from '../source.ts';
import { anyEqual, headerOf, rejected, SIGNATURE_HEADER_CHARS_MAX, verified } from './checks.ts';

const BEARER = /^bearer +/i;

/**
 * Checks a header for a secret text; in `authorization` it may follow `Bearer `. Nothing of the
 * request is signed, so what else it says is only as trustworthy as the way it came.
 */
export function verifyToken(
  settings: Extract<Verification, { provider: 'token' }>,
  request: InboundRequest,
  nowMs: number,
): Verdict {
  const text = headerOf(request, settings.header);
  if (text === undefined) return rejected('missing-signature');
  if (text.length > SIGNATURE_HEADER_CHARS_MAX) return rejected('malformed-signature');
  const texts = [text];
  if (settings.header.toLowerCase() === 'authorization') texts.push(text.replace(BEARER, ''));
  // Digests are of one length, so that the comparison does not tell the secret's.
  const secrets = liveSecrets(settings.secrets, nowMs).map(digest);
  return anyEqual(secrets, texts.map(digest)) ? verified(undefined) : rejected('bad-signature');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
