import { type FieldError, shown } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { headerNameProblem } from '../outbound-headers.ts';

/** Headers of the sender that a template of one's own may put its values into. */
const TEMPLATE_OWN: JsonObject = {
  header: 'webhook-signature',
  timestampHeader: 'webhook-timestamp',
  idHeader: 'webhook-id',
};

/**
 * What is wrong with the headers that an integration's parts would send together: one of them
 * set by two parts, or a signing template's that a tenant may not set.
 */
export function sentHeaderProblems(body: JsonObject): readonly FieldError[] {
  const { request, auth, signing } = body;
  const hmac = member(signing, 'hmac');
  const named = [
    ...Object.keys(objectOr(member(request, 'headers'))).map((name) => ({
      path: `request.headers.${shown(name)}`,
      name,
    })),
    { path: 'auth.header', name: member(auth, 'header') },
    ...Object.keys(TEMPLATE_OWN).map((field) => ({
      path: `signing.hmac.${field}`,
      name: member(hmac, field),
    })),
  ];
  return [...doubled(named), ...templateHeaderProblems(hmac)];
}

function doubled(named: readonly { path: string; name: unknown }[]): readonly FieldError[] {
  const seen = new Map<string, string>();
  return named.flatMap(({ path, name }) => {
    if (typeof name !== 'string') return [];
    const first = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), first ?? path);
    if (first === undefined) return [];
    return [{ path, message: `${JSON.stringify(shown(name))} is set by ${first} already` }];
  });
}

function templateHeaderProblems(hmac: unknown): readonly FieldError[] {
  return Object.entries(TEMPLATE_OWN).flatMap(([field, own]) => {
    const name = member(hmac, field);
    if (typeof name !== 'string' || name.toLowerCase() === own) return [];
    const message = headerNameProblem(name);
    return message === undefined ? [] : [{ path: `signing.hmac.${field}`, message }];
  });
}

function member(value: unknown, name: string): unknown {
  return objectOr(value)[name];
}

function objectOr(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
