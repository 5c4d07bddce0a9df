import { createHmac } from 'node:crypto';
import { bytesOfBase64, bytesOfBase64Url, bytesOfHex } from './encoding.ts';
import type { FieldError } from './errors.ts';
import type { HmacTemplate } from './signing.ts';

/** What the placeholders of a template stand for. */
export interface TemplateValues {
  readonly id: string;
  readonly timestamp: string;
  readonly body: Uint8Array;
}

export const TEMPLATE_CONTENT_CHARS_MAX = 256;
export const TEMPLATE_PREFIX_CHARS_MAX = 64;
const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
const PLACEHOLDER = /(\{body\}|\{timestamp\}|\{id\})/;
/** Characters that an id may have; what stands beside an id must have none of them. */
const ID_CHARS = /[A-Za-z0-9_-]/;
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;

/** The MAC of the content, keyed with the secret's own UTF-8 bytes, body bytes as they are. */
export function templateMac(
  template: HmacTemplate,
  secret: string,
  { id, timestamp, body }: TemplateValues,
): Buffer {
  const mac = createHmac(template.algorithm, secret);
  for (const part of parts(template)) {
    if (part === '{body}') mac.update(body);
    else if (part === '{timestamp}') mac.update(timestamp);
    else mac.update(part === '{id}' ? id : part);
  }
  return mac.digest();
}

/** The MAC that a header's text holds; undefined unless prefix, encoding and length are exact. */
export function macOfHeader(template: HmacTemplate, text: string): Buffer | undefined {
  if (!text.startsWith(template.prefix)) return undefined;
  const mac = decode(template, text.slice(template.prefix.length));
  return mac?.length === DIGEST_BYTES[template.algorithm] ? mac : undefined;
}

/** Whether a request is good for a while and, by what is signed, for any number of times. */
export function isRepeatable(template: HmacTemplate): boolean {
  return names(template, '{timestamp}') && !names(template, '{id}');
}

function names(template: HmacTemplate, placeholder: '{timestamp}' | '{id}'): boolean {
  return parts(template).includes(placeholder);
}

/** The characters written beside `{id}`: with one of them in the id, the content could be recut. */
export function besideId(template: HmacTemplate): string {
  const all = parts(template);
  return all
    .filter((_, i) => all[i - 1] === '{id}' || all[i + 1] === '{id}')
    .filter((part) => !PLACEHOLDER.test(part))
    .join('');
}

/** Everything wrong with a template: after this, what it signs can be read in one way only. */
export function templateProblems(template: HmacTemplate): readonly FieldError[] {
  return [...headerProblems(template), ...contentProblems(template)];
}

function headerProblems(template: HmacTemplate): FieldError[] {
  const problems: FieldError[] = [];
  const seen = new Set<string>();
  for (const path of ['header', 'timestampHeader', 'idHeader'] as const) {
    const name = template[path];
    if (name === undefined) continue;
    if (!HEADER_NAME.test(name)) {
      problems.push({ path, message: 'must be 1–64 letters, digits and hyphens' });
    }
    if (seen.has(name.toLowerCase())) {
      problems.push({ path, message: 'must differ from the other headers' });
    }
    seen.add(name.toLowerCase());
  }
  const { prefix } = template;
  if (prefix.length > TEMPLATE_PREFIX_CHARS_MAX || !/^([\x21-\x7e][\x20-\x7e]*)?$/.test(prefix)) {
    problems.push({
      path: 'prefix',
      message: `must be at most ${TEMPLATE_PREFIX_CHARS_MAX} printable ASCII characters, not beginning with a space`,
    });
  }
  return problems;
}

function contentProblems(template: HmacTemplate): FieldError[] {
  const all = parts(template);
  const problems: FieldError[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  if (template.content.length > TEMPLATE_CONTENT_CHARS_MAX) {
    wrong('content', `must be at most ${TEMPLATE_CONTENT_CHARS_MAX} characters`);
  }
  if (all.filter((part) => part === '{body}').length !== 1) {
    wrong('content', 'must name {body} once');
  }
  for (const placeholder of ['{timestamp}', '{id}']) {
    if (all.filter((part) => part === placeholder).length > 1) {
      wrong('content', `must not name ${placeholder} twice`);
    }
  }
  if (names(template, '{timestamp}') !== (template.timestampHeader !== undefined)) {
    wrong('timestampHeader', 'is needed when content names {timestamp}, and only then');
  }
  if (names(template, '{id}') && template.idHeader === undefined) {
    wrong('idHeader', 'is needed when content names {id}');
  }
  const id = all.indexOf('{id}');
  const beside = id < 0 ? [] : [all[id - 1], all[id + 1]].filter((part) => part !== undefined);
  if (beside.some((part) => PLACEHOLDER.test(part) || ID_CHARS.test(part))) {
    wrong('content', 'must set {id} off by characters no id has, such as a dot or a colon');
  }
  return problems;
}

function parts({ content }: HmacTemplate): readonly string[] {
  return content.split(PLACEHOLDER).filter((part) => part !== '');
}

function decode({ encoding }: HmacTemplate, text: string): Buffer | undefined {
  switch (encoding) {
    case 'hex':
      return bytesOfHex(text);
    case 'base64':
      return bytesOfBase64(text);
    case 'base64url':
      return bytesOfBase64Url(text);
  }
}
