import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { type Headers, HIDDEN_VALUE, secretHeaders } from '../secret-headers.ts';

/**
 * What a request gives, with stored values in place of `…` in its headers: so that an answer can be
 * sent back as it is. It stands for the value of the same name alone; elsewhere it stays, and is
 * refused as no value that a header can have.
 */
export function withHeadersKept(
  stored: { readonly headers: Headers },
  given: JsonObject,
): JsonObject {
  if (!isJsonObject(given.headers)) return given;
  const values = new Map(
    secretHeaders(stored.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const kept = Object.entries(given.headers).map(([name, value]) => [
    name,
    value === HIDDEN_VALUE ? (values.get(name.toLowerCase()) ?? value) : value,
  ]);
  return { ...given, headers: Object.fromEntries(kept) };
}
