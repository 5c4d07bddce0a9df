import { parseExactJson } from './exact-json.ts';
import type { InboundRequest } from './source.ts';
import { headerOf } from './verifiers/checks.ts';

/** JSON nested deeper than this is kept as text: writing it again could exhaust the stack. */
export const JSON_DEPTH_MAX = 64;

/** A parsed value, in a box because JSON may well say `null`. */
interface Parsed {
  readonly value: unknown;
}

/**
 * What a webhook's body says, loses nothing that is not JSON: JSON as its value, other text as
 * `{contentType, body}`, bytes that are no UTF-8 as `{contentType, bodyBase64}`. With `formField`,
 * a form's field of that name is read as the JSON.
 */
export function inboundData(request: InboundRequest, formField?: string): unknown {
  const contentType = headerOf(request, 'content-type') ?? null;
  const bytes = Buffer.from(request.body);
  const body = bytes.toString('utf8');
  if (!Buffer.from(body, 'utf8').equals(bytes)) {
    return { contentType, bodyBase64: bytes.toString('base64') };
  }
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const parsed =
    mediaType === 'application/x-www-form-urlencoded'
      ? formJson(body, formField)
      : bodyJson(body, mediaType);
  return parsed === undefined ? { contentType, body } : parsed.value;
}

/** A field of an object, its own only: a body's `__proto__` is data like any other name. */
export function textField(data: unknown, name: string): string | undefined {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return undefined;
  const value: unknown = Reflect.get(data, name);
  return typeof value === 'string' ? value : undefined;
}

function formJson(body: string, field: string | undefined): Parsed | undefined {
  const json = field === undefined ? null : new URLSearchParams(body).get(field);
  return json === null ? undefined : parse(json);
}

/** Some senders say `text/plain`, or nothing: then only an object or a list counts as JSON. */
function bodyJson(body: string, mediaType: string): Parsed | undefined {
  const text = body.startsWith('\uFEFF') ? body.slice(1) : body;
  const said = mediaType === 'application/json' || mediaType.endsWith('+json');
  return said || /^\s*[[{]/.test(text) ? parse(text) : undefined;
}

function parse(text: string): Parsed | undefined {
  if (isDeeperThan(text, JSON_DEPTH_MAX)) return undefined;
  try {
    return { value: parseExactJson(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') {
      depth++;
      if (depth > depthMax) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}
