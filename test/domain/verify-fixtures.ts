import type { HmacTemplate, SigningSecret } from '../../lib/domain/signing.ts';
import type { InboundRequest, Verification } from '../../lib/domain/source.ts';

/** The vectors that the field publishes, and the requests they belong to. */

export const NOW_SECONDS = 1_614_265_330;
export const NOW_MS = NOW_SECONDS * 1000;
export const TOLERANCE = 300;

export const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OTHER_WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const WHSK =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
export const WHPK = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
export const MESSAGE_ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
export const MESSAGE_BODY = '{"test": 2432232314}';
export const V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
export const V1A =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

export const STRIPE_SECRET = 'whsec_test_secret';
export const STRIPE_BODY = JSON.stringify({ id: 'evt_test_webhook', object: 'event' }, null, 2);
export const STRIPE_MAC = 'af4ead0627a34a8cca29808e8de9ada8e41a92e6237c63cef6eacf51d36cca34';

export const GITHUB_SECRET = "It's a Secret to Everybody";
export const GITHUB_BODY = 'Hello, World!';
export const GITHUB_MAC = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function inbound(
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): InboundRequest {
  const raw = typeof body === 'string' ? bytes(body) : body;
  return { method: 'POST', path: '/in/src_1', query: '', headers, body: raw };
}

export function fixed(
  provider: 'standard-webhooks' | 'svix' | 'github' | 'stripe',
  secrets: readonly (string | SigningSecret)[],
  publicKey?: string,
): Verification {
  return {
    provider,
    secrets: secrets.map((secret) => (typeof secret === 'string' ? { secret } : secret)),
    toleranceSeconds: TOLERANCE,
    ...(publicKey !== undefined && { publicKey }),
  };
}

export function standardRequest(changed: Readonly<Record<string, string>> = {}): InboundRequest {
  return inbound(
    {
      'webhook-id': MESSAGE_ID,
      'webhook-timestamp': String(NOW_SECONDS),
      'webhook-signature': V1,
      ...changed,
    },
    MESSAGE_BODY,
  );
}

/** The request without one header. */
export function without(request: InboundRequest, name: string): InboundRequest {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers };
}

export const SLACK_TEMPLATE: HmacTemplate = {
  header: 'X-Slack-Signature',
  prefix: 'v0=',
  algorithm: 'sha256',
  encoding: 'hex',
  content: 'v0:{timestamp}:{body}',
  timestampHeader: 'X-Slack-Request-Timestamp',
};
