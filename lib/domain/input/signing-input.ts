import * as z from 'zod/mini';
import { secretProblem } from '../secrets.ts';
import type { HmacTemplate, Signing } from '../signing.ts';
import { choice, fields, notAChoice, secretChecked } from './field.ts';
import { checkTemplate, signatureShape, templateOf } from './hmac-input.ts';

/** Signing as a request gives it; without `secret` one is kept or made. */
export type SigningInput =
  | { readonly scheme: 'none' }
  | {
      readonly scheme: Exclude<Signing['scheme'], 'none' | 'hmac'>;
      readonly secret?: string | undefined;
    }
  | { readonly scheme: 'hmac'; readonly secret?: string | undefined; readonly hmac: HmacTemplate };

const SCHEMES = [
  'standard-webhooks',
  'standard-webhooks-ed25519',
  'github',
  'stripe',
  'hmac',
  'none',
] as const;

const keyed = <S extends Exclude<Signing['scheme'], 'none' | 'hmac'>>(scheme: S) =>
  fields({
    scheme: choice([scheme]),
    secret: z.optional(secretChecked((secret) => secretProblem(scheme, secret))),
  });

export const signingSchema = z.discriminatedUnion(
  'scheme',
  [
    fields({ scheme: choice(['none']) }),
    keyed('standard-webhooks'),
    keyed('standard-webhooks-ed25519'),
    keyed('github'),
    keyed('stripe'),
    fields({
      scheme: choice(['hmac']),
      secret: z.optional(secretChecked((secret) => secretProblem('hmac', secret))),
      hmac: z.prefault(fields(signatureShape()).check(checkTemplate), {}),
    }),
  ],
  { error: ({ input }) => unionRefusal(input, 'scheme', SCHEMES) },
);

/** The refusal of a union's object: it is none, or its discriminator names no member. */
export function unionRefusal(
  input: unknown,
  discriminator: string,
  values: readonly string[],
  later: readonly string[] = [],
): string {
  // A text in place of the object may be a secret: it is not quoted.
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return `must be an object with ${discriminator}`;
  }
  return notAChoice((input as Record<string, unknown>)[discriminator], values, later);
}

export function signingOf(parsed: z.output<typeof signingSchema>): SigningInput {
  return parsed.scheme === 'hmac' ? { ...parsed, hmac: templateOf(parsed.hmac) } : parsed;
}
