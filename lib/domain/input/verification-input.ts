import * as z from 'zod/mini';
import type { FieldError } from '../errors.ts';
import { TOLERANCE_SECONDS_DEFAULT } from '../inbound.ts';
import type { JsonObject } from '../merge-patch.ts';
import { publicKeyProblem, secretProblem } from '../secrets.ts';
import type { HmacTemplate, SigningSecret } from '../signing.ts';
import type { Provider, Verification } from '../source.ts';
import { problemsOf } from './body.ts';
import { fields, whole } from './field.ts';
import { checkTemplate, headerName, hmacShape, templateOf } from './hmac-input.ts';

/** How a source checks, as a request gives it: everything but which secrets are live. */
export type VerificationInput =
  | {
      readonly provider: 'standard-webhooks' | 'svix' | 'github' | 'stripe';
      readonly publicKey?: string;
      readonly toleranceSeconds: number;
    }
  | { readonly provider: 'hmac'; readonly hmac: HmacTemplate; readonly toleranceSeconds: number }
  | { readonly provider: 'token'; readonly header: string }
  | { readonly provider: 'none' };

export const PROVIDER_IDS = [
  'standard-webhooks',
  'svix',
  'github',
  'stripe',
  'hmac',
  'token',
  'none',
] as const satisfies readonly Provider[];

/** Providers that take the secret we make; of the others it is the provider that makes it. */
const OURS: readonly Provider[] = ['standard-webhooks', 'hmac', 'token'];
/** Providers with an asymmetric scheme. */
const WITH_PUBLIC_KEY: readonly Provider[] = ['standard-webhooks', 'svix'];
const TOLERANCE_SECONDS_MAX = 3_600;
/** Where a token is looked for unless the source says otherwise; `Bearer ` may precede it there. */
const TOKEN_HEADER_DEFAULT = 'authorization';

const toleranceSeconds = () =>
  z._default(whole(1, TOLERANCE_SECONDS_MAX, 'seconds'), TOLERANCE_SECONDS_DEFAULT);
const timed = fields({ toleranceSeconds: toleranceSeconds() });
const untimed = fields({});
const hmac = fields({ ...hmacShape(), toleranceSeconds: toleranceSeconds() }).check(checkTemplate);
const token = fields({ header: z._default(headerName(), TOKEN_HEADER_DEFAULT) });

export const VERIFICATION_SCHEMAS = {
  'standard-webhooks': timed,
  svix: timed,
  github: untimed,
  stripe: timed,
  hmac,
  token,
  none: untimed,
} as const satisfies Record<Provider, z.core.$ZodType>;

/** True if a secret may be made for a source of this provider. */
export function takesOurSecret(provider: Provider): boolean {
  return OURS.includes(provider);
}

/** The stored secrets, as long as the provider stays the same. */
export function keptSecrets(
  provider: Provider,
  stored: Verification | undefined,
): readonly SigningSecret[] {
  return stored?.provider === provider && 'secrets' in stored ? stored.secrets : [];
}

/** What is wrong with `secret`, `secrets`, `publicKey` and `verification` for their provider. */
export function verificationProblems(
  body: JsonObject,
  stored: Verification | undefined,
): readonly FieldError[] {
  const provider = PROVIDER_IDS.find((id) => id === body.provider);
  if (provider === undefined) return [];
  const parsed = z.safeParse(VERIFICATION_SCHEMAS[provider], body.verification ?? {});
  return [
    ...(parsed.success ? [] : problemsOf(parsed.error.issues, ['verification'])),
    ...secretProblems(provider, body, keptSecrets(provider, stored).length > 0),
    ...publicKeyProblems(provider, body.publicKey),
  ];
}

/** The verification that a body without problems describes. */
export function verificationOf(
  provider: Provider,
  settings: unknown = {},
  publicKey?: string,
): VerificationInput {
  switch (provider) {
    case 'standard-webhooks':
    case 'svix':
    case 'stripe': {
      const { toleranceSeconds: seconds } = z.parse(timed, settings);
      const key = publicKey === undefined ? {} : { publicKey };
      return { provider, toleranceSeconds: seconds, ...key };
    }
    case 'github':
      return { provider, toleranceSeconds: TOLERANCE_SECONDS_DEFAULT };
    case 'hmac': {
      const parsed = z.parse(hmac, settings);
      return { provider, hmac: templateOf(parsed), toleranceSeconds: parsed.toleranceSeconds };
    }
    case 'token':
      return { provider, header: z.parse(token, settings).header };
    case 'none':
      return { provider };
  }
}

function secretProblems(
  provider: Provider,
  { secret, secrets, publicKey }: JsonObject,
  kept: boolean,
): readonly FieldError[] {
  const list = Array.isArray(secrets) ? secrets : [];
  const given = [['secret', secret], ...list.map((text, i) => [`secrets.${i}`, text])] as const;
  const wrong = (path: string, message: string) => [{ path, message }];
  if (secret !== undefined && secrets !== undefined) {
    return wrong('secrets', 'is not allowed beside secret: give one of the two');
  }
  if (provider === 'none') {
    if (secret === undefined && secrets === undefined) return [];
    const path = secret === undefined ? 'secrets' : 'secret';
    return wrong(path, 'is not allowed for the provider none: it checks nothing');
  }
  const missing = secret === undefined && secrets === undefined && publicKey === undefined;
  if (missing && !kept && !takesOurSecret(provider)) {
    return wrong('secret', `is required: the secret that ${provider} signs with`);
  }
  return given.flatMap(([path, text]) => {
    const message = typeof text === 'string' ? secretProblem(provider, text, 'source') : undefined;
    return message === undefined ? [] : wrong(`${path}`, message);
  });
}

function publicKeyProblems(provider: Provider, publicKey: unknown): readonly FieldError[] {
  if (typeof publicKey !== 'string') return [];
  const message = WITH_PUBLIC_KEY.includes(provider)
    ? publicKeyProblem(publicKey)
    : `is not allowed for the provider ${provider}; only for ${WITH_PUBLIC_KEY.join(', ')}`;
  return message === undefined ? [] : [{ path: 'publicKey', message }];
}

/** The settings as `verification` of a request or an answer spells them: without any secret. */
export function verificationDocument(verification: Verification): JsonObject {
  switch (verification.provider) {
    case 'standard-webhooks':
    case 'svix':
    case 'stripe':
      return { toleranceSeconds: verification.toleranceSeconds };
    case 'hmac':
      return { ...verification.hmac, toleranceSeconds: verification.toleranceSeconds };
    case 'token':
      return { header: verification.header };
    case 'github':
    case 'none':
      return {};
  }
}
