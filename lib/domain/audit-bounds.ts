import { createHash } from 'node:crypto';

/** Of `before` and of `after`, in UTF-8: with both an entry is well within an item's 400 KB. */
export const STATE_BYTES_MAX = 100_000;
/** In a state that is too large, longer texts are cut to their beginning. */
const TEXT_CHARS_MAX = 200;

/**
 * A state as an entry can hold it. One that is too large keeps its shape and all that is short, so
 * that whoever blows a resource up hides no other change of it: long texts become their beginning,
 * length and digest, and where that is not enough the largest members their size and digest.
 */
export function boundedState(state: unknown): unknown {
  if (bytesOf(state) <= STATE_BYTES_MAX) return state ?? null;
  const cut = withCutTexts(state);
  let bytes = bytesOf(cut);
  if (bytes <= STATE_BYTES_MAX) return cut;
  if (typeof cut !== 'object' || cut === null || Array.isArray(cut)) return digestOf(state);
  const kept = new Map<string, unknown>(Object.entries(cut));
  const sizes = Object.entries(cut).map(([name, value]) => ({ name, size: bytesOf(value) }));
  for (const { name, size } of sizes.toSorted((a, b) => b.size - a.size)) {
    const digest = digestOf(kept.get(name));
    bytes += bytesOf(digest) - size;
    kept.set(name, digest);
    if (bytes <= STATE_BYTES_MAX) return Object.fromEntries(kept);
  }
  return digestOf(state);
}

function withCutTexts(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value);
  if (Array.isArray(value)) return value.map(withCutTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [cutText(name), withCutTexts(item)]),
  );
}

function cutText(text: string): string {
  if (text.length <= TEXT_CHARS_MAX) return text;
  const start = text.slice(0, TEXT_CHARS_MAX / 4).toWellFormed();
  return `${start}… (${text.length} characters, sha256 ${sha256(text)})`;
}

function digestOf(value: unknown) {
  const text = jsonOf(value);
  const omitted = 'It is too large to be kept here.';
  return { omitted, bytes: Buffer.byteLength(text), sha256: sha256(text) };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(jsonOf(value));
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
