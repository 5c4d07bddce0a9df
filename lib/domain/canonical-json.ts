/**
 * One text for one value, whoever writes it: RFC 8785, members sorted by UTF-16 code units, numbers
 * as ECMAScript writes them, no white space. Members that are undefined are left out. Where the RFC
 * gives up, at half a surrogate pair, that half is escaped as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join()}]`;
  if (typeof value === 'object' && value !== null) return objectText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw notJson(value);
  const text = JSON.stringify(value);
  if (text === undefined) throw notJson(value);
  return text;
}

function objectText(object: object): string {
  const members = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`);
  return `{${members.join()}}`;
}

function notJson(value: unknown): TypeError {
  return new TypeError(`${typeof value} ${String(value)} is not JSON.`);
}
