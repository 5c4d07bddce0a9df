import * as z from 'zod/mini';
import { DIRECT_TARGETS_MAX } from '../event-input.ts';
import { orDefaults, parseBody } from './body.ts';
import { fields, listOf, text } from './field.ts';

/** To whom a stored event is sent again. */
export interface ReplayInput {
  /** Ids or names; absent: everyone who wants its type now. */
  readonly integrations: readonly string[] | undefined;
}

export const replaySchema = fields({
  integrations: z.optional(
    listOf(
      text(/^[a-z0-9][a-z0-9_-]*$/, 64, 'the id or the name of an integration'),
      1,
      DIRECT_TARGETS_MAX,
    ),
  ),
});

/** Reads a replay; no body at all asks for the defaults. */
export function parseReplay(body: unknown): ReplayInput {
  return { integrations: parseBody(replaySchema, orDefaults(body)).integrations };
}
