import type { InboundRequest, Verdict, Verification } from './source.ts';
import { verified } from './verifiers/checks.ts';
import { verifyGithub } from './verifiers/github.ts';
import { verifyHmac } from './verifiers/hmac.ts';
import { verifyStandardWebhooks, verifySvix } from './verifiers/standard-webhooks.ts';
import { verifyStripe } from './verifiers/stripe.ts';
import { verifyToken } from './verifiers/token.ts';

/**
 * Whether a request comes from whom the source expects: checked over the raw bytes, every MAC
 * compared in constant time, each live secret tried. `timestamp-out-of-tolerance` is said only
 * of a request that is signed rightly; a stale and forged one is just `bad-signature`.
 */
export function verify(
  verification: Verification,
  request: InboundRequest,
  nowMs: number,
): Verdict {
  switch (verification.provider) {
    case 'standard-webhooks':
      return verifyStandardWebhooks(verification, request, nowMs);
    case 'svix':
      return verifySvix(verification, request, nowMs);
    case 'github':
      return verifyGithub(verification, request, nowMs);
    case 'stripe':
      return verifyStripe(verification, request, nowMs);
    case 'hmac':
      return verifyHmac(verification, request, nowMs);
    case 'token':
      return verifyToken(verification, request, nowMs);
    case 'none':
      return verified(undefined);
  }
}
