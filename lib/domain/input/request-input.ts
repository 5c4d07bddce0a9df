import * as z from 'zod/mini';
import { checkUrl, type EgressPolicy } from '../egress.ts';
import type { FieldError } from '../errors.ts';
import { ATTEMPT_SECONDS_MAX, REQUEST_DEFAULTS } from '../integration.ts';
import { isJsonObject } from '../merge-patch.ts';
import { headerNameProblem, headersProblems } from '../outbound-headers.ts';
import { choice, fields, refusing, secretText, text, whole } from './field.ts';
import { unionRefusal } from './signing-input.ts';

/** A media type for JSON: `application/json`, or any with the suffix `+json`. */
const JSON_MEDIA_TYPE =
  /^application\/(json|[a-z0-9][a-z0-9!#$&^_.-]*\+json)( ?; ?charset=utf-8)?$/i;

/** Headers by name; every value is a text, once `problems` finds nothing. */
export const headersOf = (problems: typeof headersProblems) =>
  z
    .record(z.string(), z.unknown(), refusing('an object of header names and texts'))
    .check((given) => {
      for (const { path, message } of problems(given.value)) {
        const at = path === '' ? [] : [path];
        given.issues.push({ code: 'custom', input: undefined, path: at, message });
      }
    });

/** What a tenant may add to its requests. */
export const headersSchema = headersOf((headers) => headersProblems(headers));

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
  headers: z._default(headersSchema, {}),
  timeoutSeconds: z._default(
    whole(1, ATTEMPT_SECONDS_MAX, 'seconds'),
    REQUEST_DEFAULTS.timeoutSeconds,
  ),
});

const AUTH_TYPES = ['none', 'bearer', 'basic', 'apiKey', 'oauth2ClientCredentials'] as const;
const TOKEN_CHARS_MAX = 4_096;
const PASSWORD_CHARS_MAX = 1_024;
const USERNAME_CHARS_MAX = 256;
const CLIENT_CHARS_MAX = 1_024;

const PRINTABLE = 'printable ASCII characters';

/** RFC 6749 appendix A: what a client id, a secret and a scope are made of. */
const oauth2Schema = fields({
  type: choice(['oauth2ClientCredentials']),
  tokenUrl: z.string(refusing('an https URL')),
  clientId: text(/^[\x20-\x7e]+$/, CLIENT_CHARS_MAX, `1 to ${CLIENT_CHARS_MAX} ${PRINTABLE}`),
  clientSecret: secretText(
    /^[\x20-\x7e]+$/,
    TOKEN_CHARS_MAX,
    `1 to ${TOKEN_CHARS_MAX} ${PRINTABLE}`,
  ),
  scope: z.exactOptional(
    text(
      /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
      CLIENT_CHARS_MAX,
      `scopes of visible ASCII without " and \\, one space between them, ${CLIENT_CHARS_MAX} characters at most`,
    ),
  ),
  audience: z.exactOptional(
    text(/^[\x21-\x7e]+$/, CLIENT_CHARS_MAX, `1 to ${CLIENT_CHARS_MAX} visible ASCII characters`),
  ),
  resource: z.exactOptional(
    text(
      /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+$/,
      CLIENT_CHARS_MAX,
      `an absolute URI without a fragment, ${CLIENT_CHARS_MAX} characters at most`,
    ),
  ),
  clientAuthentication: z._default(choice(['basic', 'body']), 'basic'),
});

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
      // RFC 7617: the first colon ends the user name; what is given with one may be both.
      username: secretText(
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
    oauth2Schema,
  ],
  { error: ({ input }) => unionRefusal(input, 'type', AUTH_TYPES) },
);

/** Why no token may be asked for there: the rules are those of an endpoint. `path` is that of `auth`. */
export function tokenUrlProblems(
  auth: unknown,
  egress: EgressPolicy,
  path = 'auth',
): readonly FieldError[] {
  if (!isJsonObject(auth) || auth.type !== 'oauth2ClientCredentials') return [];
  if (typeof auth.tokenUrl !== 'string') return [];
  const checked = checkUrl(auth.tokenUrl, egress);
  return checked.ok ? [] : [{ path: `${path}.tokenUrl`, message: checked.message }];
}
