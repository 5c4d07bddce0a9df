import * as z from 'zod/mini';
import { QUEUED_CALL_TYPE } from '../call.ts';
import type { FieldError } from '../errors.ts';
import { EVENT_TYPE, EVENT_TYPE_CHARS_MAX } from '../event.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { jsonBody, orDefaults, parseBody } from './body.ts';
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
  const given = orDefaults(body);
  // What is sent is the caller's own, as an event's is: its names and its depth are looked at nowhere.
  const { data = DATA_DEFAULT, ...rest } = isJsonObject(given) ? given : jsonBody(given);
  return { type: parseBody(testCallSchema, rest, { also: typeProblems }).type, data };
}

/** Sent as a test, what stands for a call would be that call, which takes another scope. */
function typeProblems({ type }: JsonObject): readonly FieldError[] {
  if (type !== QUEUED_CALL_TYPE) return [];
  const message = `${JSON.stringify(type)} is not allowed: a call is made by POST …/call`;
  return [{ path: 'type', message }];
}
