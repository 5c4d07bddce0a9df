import * as z from 'zod/mini';
import { EVENT_TYPE, EVENT_TYPE_CHARS_MAX } from '../event.ts';
import { parseBody } from './body.ts';
import { fields, text } from './field.ts';

/** What a test call sends. */
export interface TestCallInput {
  readonly type: string;
  readonly data: unknown;
}

const TYPE_DEFAULT = 'breakwater.test';
const DATA_DEFAULT = { message: 'A test call from Breakwater.' };

export const testCallSchema = fields({
  type: z._default(
    text(
      EVENT_TYPE,
      EVENT_TYPE_CHARS_MAX,
      `dot-separated segments of A–Z a–z 0–9 _ -, up to ${EVENT_TYPE_CHARS_MAX} characters`,
    ),
    TYPE_DEFAULT,
  ),
  data: z._default(z.unknown(), DATA_DEFAULT),
});

/** Reads a test call; no body at all asks for the defaults. */
export function parseTestCallInput(body: unknown): TestCallInput {
  const { type, data } = parseBody(testCallSchema, body ?? {});
  return { type, data };
}
