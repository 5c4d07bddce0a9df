import * as z from 'zod/mini';
import {
  TEMPLATE_CONTENT_CHARS_MAX,
  TEMPLATE_PREFIX_CHARS_MAX,
  templateProblems,
} from '../hmac-template.ts';
import type { HmacTemplate } from '../signing.ts';
import { choice, text } from './field.ts';

export const headerName = () =>
  text(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 64, '1 to 64 letters, digits and hyphens');

/** The header of a signature of ours that names no other. */
export const SIGNATURE_HEADER_DEFAULT = 'x-signature';

const contentText = () =>
  text(
    /\{body\}/,
    TEMPLATE_CONTENT_CHARS_MAX,
    `a text of at most ${TEMPLATE_CONTENT_CHARS_MAX} characters with {body} in it, and {timestamp} and {id} if they are signed too`,
  );

/** The fields of a generic HMAC template; only the header has no default. */
export const hmacShape = () => ({
  header: headerName(),
  prefix: z._default(
    text(
      /^([\x21-\x7e][\x20-\x7e]*)?$/,
      TEMPLATE_PREFIX_CHARS_MAX,
      `at most ${TEMPLATE_PREFIX_CHARS_MAX} printable ASCII characters, not beginning with a space`,
    ),
    '',
  ),
  algorithm: z._default(choice(['sha1', 'sha256', 'sha512']), 'sha256'),
  encoding: z._default(choice(['hex', 'base64', 'base64url']), 'hex'),
  content: z._default(contentText(), '{body}'),
  timestampHeader: z.optional(headerName()),
  idHeader: z.optional(headerName()),
});

/** The same for what we sign: nothing of it need be said. */
export const signatureShape = () => ({
  ...hmacShape(),
  header: z._default(headerName(), SIGNATURE_HEADER_DEFAULT),
  content: z.optional(contentText()),
});

interface ParsedTemplate extends Omit<HmacTemplate, 'content' | 'timestampHeader' | 'idHeader'> {
  readonly content?: string | undefined;
  readonly timestampHeader?: string | undefined;
  readonly idHeader?: string | undefined;
}

/** Checks what a template's fields must be to each other. */
export function checkTemplate(given: z.core.ParsePayload<ParsedTemplate>): void {
  for (const { path, message } of templateProblems(templateOf(given.value))) {
    given.issues.push({ code: 'custom', input: undefined, path: [path], message });
  }
}

/**
 * The template among the fields of `parsed`, which may have others too. Who asks for a timestamp
 * wants it signed: a header beside the signature that anybody may change stops no replay.
 */
export function templateOf(parsed: ParsedTemplate): HmacTemplate {
  const { header, prefix, algorithm, encoding, timestampHeader, idHeader } = parsed;
  const { content = timestampHeader === undefined ? '{body}' : '{timestamp}.{body}' } = parsed;
  return {
    header,
    prefix,
    algorithm,
    encoding,
    content,
    ...(timestampHeader !== undefined && { timestampHeader }),
    ...(idHeader !== undefined && { idHeader }),
  };
}
