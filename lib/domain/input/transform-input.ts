import * as z from 'zod/mini';
import type { FieldError } from '../errors.ts';
import type { JsonObject } from '../merge-patch.ts';
import { expressionProblem, type Transform } from '../transform.ts';
import { choice, fields, refusing } from './field.ts';
import { isJsonMediaType } from './request-input.ts';

export const transformSchema = fields({
  language: z._default(choice(['jmespath']), 'jmespath'),
  expression: z.string(refusing('a JMESPath expression')).check((given) => {
    const message = expressionProblem(given.value);
    if (message !== undefined) given.issues.push({ code: 'custom', input: undefined, message });
  }),
});

/** None is no field at all. */
export function transformOf(transform: Transform | null | undefined): {
  readonly transform?: Transform;
} {
  return transform ? { transform } : {};
}

/** Only a transform makes anything but JSON. */
export function contentTypeProblems({ request, transform }: JsonObject): readonly FieldError[] {
  const contentType = (request as JsonObject | null | undefined)?.contentType;
  if (typeof contentType !== 'string' || isJsonMediaType(contentType)) return [];
  if (transform !== undefined && transform !== null) return [];
  const message = 'must be a JSON media type such as application/json where there is no transform';
  return [{ path: 'request.contentType', message }];
}
