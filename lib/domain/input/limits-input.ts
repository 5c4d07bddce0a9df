import * as z from 'zod/mini';
import type { Limits } from '../integration.ts';
import { decimal, fields, whole } from './field.ts';

const PER_SECOND_MIN = 0.1;
const PER_SECOND_MAX = 10_000;
const CONCURRENCY_MAX = 200;

/** What an integration takes at most; each of the two may be left out. */
export const limitsSchema = fields({
  perSecond: z.optional(decimal(PER_SECOND_MIN, PER_SECOND_MAX)),
  concurrency: z.optional(whole(1, CONCURRENCY_MAX)),
});

export function limitsOf(parsed: z.output<typeof limitsSchema> | null | undefined): Limits {
  const { perSecond, concurrency } = parsed ?? {};
  return {
    ...(perSecond !== undefined && { perSecond }),
    ...(concurrency !== undefined && { concurrency }),
  };
}
