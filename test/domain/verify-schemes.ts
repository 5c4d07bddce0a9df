/** Each scheme as we sign with it, and as a source of the same kind checks it. */
import { publicKeyOf, type SecretKind } from '../../lib/domain/secrets.ts';
import type { HmacTemplate, Signing, SigningSecret } from '../../lib/domain/signing.ts';
import type { Verification } from '../../lib/domain/source.ts';
import { fixed, TOLERANCE } from './verify-fixtures.ts';

export const TEMPLATE: HmacTemplate = {
  header: 'X-Sig',
  prefix: 'sig=',
  algorithm: 'sha512',
  encoding: 'base64',
  content: '{timestamp}.{id}.{body}',
  timestampHeader: 'X-Time',
  idHeader: 'X-Id',
};

export interface Scheme {
  readonly kind: SecretKind;
  readonly signing: (secrets: readonly SigningSecret[]) => Signing;
  readonly verification: (secrets: readonly SigningSecret[]) => Verification;
  /** The headers that the signature covers, itself included. */
  readonly covered: readonly string[];
}

const WEBHOOK = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
export const SCHEMES: Record<string, Scheme> = {
  'standard-webhooks': {
    kind: 'standard-webhooks',
    signing: (secrets) => ({ scheme: 'standard-webhooks', secrets }),
    verification: (secrets) => fixed('standard-webhooks', secrets),
    covered: WEBHOOK,
  },
  'standard-webhooks-ed25519': {
    kind: 'standard-webhooks-ed25519',
    signing: (secrets) => ({ scheme: 'standard-webhooks-ed25519', secrets }),
    verification: ([key]) => fixed('standard-webhooks', [], publicKeyOf(key?.secret ?? '')),
    covered: WEBHOOK,
  },
  svix: {
    kind: 'svix',
    signing: (secrets) => ({ scheme: 'standard-webhooks', secrets }),
    verification: (secrets) => fixed('svix', secrets),
    covered: WEBHOOK,
  },
  github: {
    kind: 'github',
    signing: (secrets) => ({ scheme: 'github', secrets }),
    verification: (secrets) => fixed('github', secrets),
    covered: ['x-hub-signature-256'],
  },
  stripe: {
    kind: 'stripe',
    signing: (secrets) => ({ scheme: 'stripe', secrets }),
    verification: (secrets) => fixed('stripe', secrets),
    covered: ['stripe-signature'],
  },
  hmac: {
    kind: 'hmac',
    signing: (secrets) => ({ scheme: 'hmac', secrets, hmac: TEMPLATE }),
    verification: (secrets) => ({
      provider: 'hmac',
      secrets,
      hmac: TEMPLATE,
      toleranceSeconds: TOLERANCE,
    }),
    covered: ['x-sig', 'x-time', 'x-id'],
  },
};
