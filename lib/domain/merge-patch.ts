/**
 * Applies a JSON Merge Patch (RFC 7396): members that are null are removed, objects are merged,
 * everything else replaces. Neither argument is changed. The caller bounds the patch's depth.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  // A Map and fromEntries: a member named `__proto__` stays a plain member.
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for `{…}` alone: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
