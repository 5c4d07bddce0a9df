import * as z from 'zod/mini';
import { ATTEMPT_SECONDS_MAX, REQUEST_DEFAULTS } from '../integration.ts';
import { headerNameProblem, headersProblems } from '../outbound-headers.ts';
import { choice, fields, refusing, secretText, text, whole } from './field.ts';
import { unionRefusal } from './signing-input.ts';

/** A media type for JSON: `application/json`, or any with the suffix `+json`. */
const JSON_MEDIA_TYPE =
  /^application\/(json|[a-z0-9][a-z0-9!#$&^_.-]*\+json)( ?; ?charset=utf-8)?$/i;

const headers = z
  .record(z.string(), z.unknown(), refusing('an object of header names and texts'))
  .check((given) => {
    for (const { path, message } of headersProblems(given.value)) {
      const at = path === '' ? [] : [path];
      given.issues.push({ code: 'custom', input: undefined, path: at, message });
    }
  });

/** Text, as a transform may make it. */
const TEXT_MEDIA_TYPE = /^(text\/[a-z0-9][a-z0-9.+-]*|application\/xml)( ?; ?charset=utf-8)?$/i;
const MEDIA_TYPE = new RegExp(`${JSON_MEDIA_TYPE.source}|${TEXT_MEDIA_TYPE.source}`, 'i');

export function isJsonMediaType(contentType: string): boolean {
  return JSON_MEDIA_TYPE.test(contentType);
}

export const requestSchema = fields({
  method: z._default(choice(['POST', 'PUT', 'PATCH']), REQUEST_DEFAULTS.method),
  contentType: z._default(
    text(MEDIA_TYPE, 128, 'a media type for JSON such as application/json, or for text'),
    REQUEST_DEFAULTS.contentType,
  ),
  headers: z._default(headers, {}),
  timeoutSeconds: z._default(
    whole(1, ATTEMPT_SECONDS_MAX, 'seconds'),
    REQUEST_DEFAULTS.timeoutSeconds,
  ),
});

const AUTH_TYPES = ['none', 'bearer', 'basic', 'apiKey'] as const;
const TOKEN_CHARS_MAX = 4_096;
const PASSWORD_CHARS_MAX = 1_024;
const USERNAME_CHARS_MAX = 256;

/** Credentials; every secret value is refused without being quoted. */
export const authSchema = z.discriminatedUnion(
  'type',
  [
    fields({ type: choice(['none']) }),
    fields({
      type: choice(['bearer']),
      token: secretText(
        /^[\x21-\x7e]+$/,
        TOKEN_CHARS_MAX,
        `1 to ${TOKEN_CHARS_MAX} visible ASCII characters`,
      ),
    }),
    fields({
      type: choice(['basic']),
      // RFC 7617: the first colon ends the user name.
      username: text(
        /^[^:\p{Cc}]+$/u,
        USERNAME_CHARS_MAX,
        `1 to ${USERNAME_CHARS_MAX} characters, no colon`,
      ),
      password: secretText(
        /^\P{Cc}*$/u,
        PASSWORD_CHARS_MAX,
        `a text of at most ${PASSWORD_CHARS_MAX} characters`,
      ),
    }),
    fields({
      type: choice(['apiKey']),
      header: z.string(refusing("a header's name")).check((given) => {
        const message = headerNameProblem(given.value);
        if (message !== undefined) given.issues.push({ code: 'custom', input: undefined, message });
      }),
      value: secretText(
        /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
        PASSWORD_CHARS_MAX,
        `1 to ${PASSWORD_CHARS_MAX} visible ASCII characters, spaces only between them`,
      ),
    }),
  ],
  { error: ({ input }) => unionRefusal(input, 'type', AUTH_TYPES, ['oauth2ClientCredentials']) },
);
