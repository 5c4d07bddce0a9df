import * as z from 'zod/mini';
import { type SecretKind, secretProblem } from '../secrets.ts';
import { orDefaults, parseBody } from './body.ts';
import { fields, opaque, whole } from './field.ts';

/** How a secret is rotated. */
export interface RotationInput {
  /** How long the old secret goes on counting. */
  readonly graceSeconds: number;
  /** Absent: one is made. */
  readonly secret?: string;
}

const GRACE_SECONDS_DEFAULT = 86_400;
const GRACE_SECONDS_MAX = 604_800;

export const rotationSchema = fields({
  graceSeconds: z._default(whole(0, GRACE_SECONDS_MAX, 'seconds'), GRACE_SECONDS_DEFAULT),
  secret: z.optional(opaque('a text')),
});

/** Reads a rotation; no body at all asks for the defaults. */
export function parseRotationInput(
  body: unknown,
  kind: SecretKind,
  use: 'integration' | 'source',
): RotationInput {
  const { graceSeconds, secret } = parseBody(rotationSchema, orDefaults(body), {
    also: ({ secret: given }) => {
      const message = typeof given === 'string' ? secretProblem(kind, given, use) : undefined;
      return message === undefined ? [] : [{ path: 'secret', message }];
    },
  });
  return { graceSeconds, ...(secret !== undefined && { secret }) };
}
