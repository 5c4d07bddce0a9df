import { HIDDEN_VALUE } from './secret-headers.ts';

/** What stands in the place of a secret. */
const MASK = '***';
/** Members that may hold a secret by their name, custom headers among them. */
const SECRET_NAME = /(secret|token|password|passwd|authorization|api-?key|credential|cookie)/i;
/** Names that sound so and say where, when or which. */
const HARMLESS_NAME = /(url|at|header|changed|tokens?scope)$/i;
const KEYS_AND_SECRETS = /\b(bwk|whsec|whsk)_[A-Za-z0-9+/=_-]{4,}/g;
const URL_WITH_QUERY = /^(https?:\/\/[^?#]*)[?#].*$/is;

/**
 * The value without what could be a secret in it: members by their names, keys and signing secrets
 * by their form, URLs by their query strings. A second net: what is shown here holds no secret.
 */
export function masked(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return maskedText(value, name);
  if (Array.isArray(value)) return value.map((item) => masked(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, inside]) => [member, masked(inside, member)]),
  );
}

function maskedText(text: string, name: string): string {
  if (text === '' || text === HIDDEN_VALUE) return text;
  if (SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)) return MASK;
  return text.replace(URL_WITH_QUERY, '$1?…').replace(KEYS_AND_SECRETS, `$1_${MASK}`);
}
