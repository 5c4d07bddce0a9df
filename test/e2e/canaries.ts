/** Looks for secrets in texts, as they are and as something may have written them. */
import { gunzipSync } from 'node:zlib';
import { isSecretHeader } from '../../lib/domain/secret-headers.ts';
import type { Exchange } from '../../lib/local/http-api.ts';

/** Every way in which a secret is looked for; of base64 also from the middle of other bytes. */
export function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // Without what its neighbours have a part in.
    return text.slice(offset === 0 ? 0 : offset + 1, -4);
  });
  const all = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
    ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...keyOf(secret),
  ];
  return [...new Set(all)].filter((text) => text.length >= SPELLING_CHARS_MIN);
}

const SPELLING_CHARS_MIN = 8;

/** Of a signing secret what it is without its prefix, and the key itself. */
function keyOf(secret: string): readonly string[] {
  const [, key] = /^whs(?:ec|k)_(.+)$/.exec(secret) ?? [];
  if (key === undefined) return [];
  return [key, Buffer.from(key, 'base64').toString(), Buffer.from(key, 'base64').toString('hex')];
}

/** By the name of each secret that is in one of the texts, the beginning of the first of them. */
export function leaksIn(
  texts: readonly string[],
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  const names = new Map(
    Object.entries(secrets).flatMap(([name, secret]) =>
      spellingsOf(secret).map((spelling) => [spelling, name] as const),
    ),
  );
  if (names.size === 0) return [];
  // One expression for all: a look for each of a thousand spellings would take seconds.
  const any = new RegExp([...names.keys()].map(escaped).join('|'), 'g');
  const leaks = new Map<string, string>();
  for (const text of texts) {
    for (const [found] of text.matchAll(any)) {
      const name = names.get(found) ?? '';
      if (leaks.has(name)) continue;
      leaks.set(name, `${name} (${found}) in: ${text.slice(0, WHERE_CHARS_MAX)}`);
    }
  }
  return [...leaks.values()];
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const WHERE_CHARS_MAX = 400;

/** Fields of requests and answers whose texts are secrets, wherever they stand. */
const SECRET_FIELDS =
  /^(secret|secrets|password|token|clientSecret|accessToken|key|current|privateKey)$/;
/** Fields that are URLs, whose queries are. */
const URL_FIELDS = /^(endpoint|url|tokenUrl)$/;
/** Shorter ones, and those like `0000000000000000`, turn up by chance. */
const SECRET_CHARS_MIN = 12;
const DIFFERENT_CHARS_MIN = 6;

/** The secrets in a body that was sent or answered, headers that are credentials among them. */
export function secretsOf(body: unknown, name = ''): readonly string[] {
  if (typeof body === 'string') return secretsOfText(body, name).filter(isTelling);
  if (Array.isArray(body)) return body.flatMap((one) => secretsOf(one, name));
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([field, value]) => {
    const isSecret =
      name === 'headers' ? isSecretHeader(field) : `${name}.${field}` === 'auth.value';
    return secretsOf(value, isSecret ? 'secret' : field);
  });
}

const isTelling = (text: string) =>
  text.length >= SECRET_CHARS_MIN && new Set(text).size >= DIFFERENT_CHARS_MIN;

function secretsOfText(text: string, name: string): readonly string[] {
  if (SECRET_FIELDS.test(name)) return [withoutName(text)];
  if (!URL_FIELDS.test(name)) return [];
  const query = text.split('?', 2)[1] ?? '';
  return [query, ...new URLSearchParams(query).values()];
}

/** Of an API key what must not be known; its first part names it in records. */
const withoutName = (text: string) => /^bwk_\w{10}(\w{32})/.exec(text)?.[1] ?? text;

/** Whose bodies are settings; those of others are payloads, which may be anything. */
const SETTINGS = /^\/v1\/(integrations|sources|keys)(?!.*\/(call|test)$)/;

/** The secrets that a caller gave or was shown: its key, what it set, and what it got for that. */
export function secretsHeard({ request, reply }: Exchange): readonly string[] {
  const { target, rawHeaders, body } = request;
  const [path = ''] = target.split('?', 1);
  const keys = rawHeaders.flatMap((name, at) => {
    const value = rawHeaders[at + 1] ?? '';
    const isKey = at % 2 === 0 && name.toLowerCase() === 'authorization';
    return isKey ? [withoutName(value.replace(/^(Bearer|Basic) /i, ''))].filter(isTelling) : [];
  });
  if (!SETTINGS.test(path)) return keys;
  return [...keys, ...secretsOf(parsed(body)), ...secretsOf(parsed(contentOf(reply)))];
}

/** The answer where it may show no secret to anybody: what was refused, and what was only read. */
export function shownTo({ request: { method, target }, reply }: Exchange): string | undefined {
  const [path = ''] = target.split('?', 1);
  const isRead = method === 'GET' && !path.endsWith('/secret');
  const isOurs = path.startsWith('/v1/') && !path.endsWith('/call');
  if (!isOurs || !(isRead || reply.statusCode >= 400)) return undefined;
  return `${method} ${path} ${reply.statusCode} ${contentOf(reply)}`;
}

function contentOf({ headers, body }: Exchange['reply']): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
