/** A size as DynamoDB reckons it: names and values in bytes, a number about half its digits. */
export function bytesOf(item: Readonly<Record<string, unknown>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + size(value), 0);
}

/** Of a value without its name. */
export function size(value: unknown): number {
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (value instanceof Set) return 3 + [...value].reduce((sum, one) => sum + size(one) + 1, 0);
  return value instanceof Uint8Array ? value.byteLength : Buffer.byteLength(String(value));
}
