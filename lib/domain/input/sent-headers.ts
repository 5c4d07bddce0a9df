import { type FieldError, shown } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { headerNameProblem } from '../outbound-headers.ts';
import { SIGNATURE_HEADER_DEFAULT } from './hmac-input.ts';

/** Headers of the sender that a template of one's own may put its values into. */
const TEMPLATE_OWN: JsonObject = {
  header: 'webhook-signature',
  timestampHeader: 'webhook-timestamp',
  idHeader: 'webhook-id',
};

/** A header that a part of a request sets, and the path of what names it. */
interface Named {
  readonly path: string;
  readonly name: unknown;
}

/**
 * What is wrong with the headers that an integration's parts would send together: one of them
 * set by two parts, or a signing template's that a tenant may not set.
 */
export function sentHeaderProblems({ request, auth, signing }: JsonObject): readonly FieldError[] {
  const named = [
    ...headersNamed(member(request, 'headers'), 'request.headers'),
    { path: 'auth.header', name: member(auth, 'header') },
    ...templateNamed(signing, 'signing'),
  ];
  return [...doubled(named), ...templateHeaderProblems(signing, 'signing')];
}

/**
 * The same of a fallback link at the path `at`, which has headers and credentials of its own, and
 * a signature of its own or else the integration's.
 */
export function linkHeaderProblems(
  { headers, auth, signing }: JsonObject,
  at: string,
  inherited: unknown,
): readonly FieldError[] {
  const own = [
    ...headersNamed(headers, `${at}.headers`),
    { path: `${at}.auth.header`, name: member(auth, 'header') },
  ];
  if (signing === undefined) return doubled([...templateNamed(inherited, 'signing'), ...own]);
  const path = `${at}.signing`;
  const problems = doubled([...own, ...templateNamed(signing, path)]);
  return [...problems, ...templateHeaderProblems(signing, path)];
}

function headersNamed(headers: unknown, path: string): readonly Named[] {
  return Object.keys(objectOr(headers)).map((name) => ({ path: `${path}.${shown(name)}`, name }));
}

function templateNamed(signing: unknown, path: string): readonly Named[] {
  if (member(signing, 'scheme') !== 'hmac') return [];
  const template = { header: SIGNATURE_HEADER_DEFAULT, ...objectOr(member(signing, 'hmac')) };
  return Object.keys(TEMPLATE_OWN).map((field) => ({
    path: `${path}.hmac.${field}`,
    name: member(template, field),
  }));
}

function doubled(named: readonly Named[]): readonly FieldError[] {
  const seen = new Map<string, string>();
  return named.flatMap(({ path, name }) => {
    if (typeof name !== 'string') return [];
    const first = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), first ?? path);
    if (first === undefined) return [];
    return [{ path, message: `${JSON.stringify(shown(name))} is set by ${first} already` }];
  });
}

function templateHeaderProblems(signing: unknown, path: string): readonly FieldError[] {
  const hmac = member(signing, 'hmac');
  return Object.entries(TEMPLATE_OWN).flatMap(([field, own]) => {
    const name = member(hmac, field);
    if (typeof name !== 'string' || name.toLowerCase() === own) return [];
    const message = headerNameProblem(name);
    return message === undefined ? [] : [{ path: `${path}.hmac.${field}`, message }];
  });
}

function member(value: unknown, name: string): unknown {
  return objectOr(value)[name];
}

function objectOr(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
