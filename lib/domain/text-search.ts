/** A text to be found in others, prepared once. */
export interface Needle {
  readonly text: string;
  /** Per place: how much of the text is still found when the next character does not fit. */
  readonly fallback: readonly number[];
}

export function needleOf(text: string): Needle {
  const fallback = [0];
  let matched = 0;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    while (matched > 0 && text.charCodeAt(matched) !== code) matched = fallback[matched - 1] ?? 0;
    if (text.charCodeAt(matched) === code) matched++;
    fallback.push(matched);
  }
  return { text, fallback };
}

/**
 * Where the first `needle` from `from` on ends, or -1, and how many characters were compared: twice
 * those of the value at most, whatever both are, which the language's own `indexOf` does not
 * promise (D. Knuth, J. Morris, V. Pratt: Fast pattern matching in strings, 1977).
 */
export function findEnd(
  { text, fallback }: Needle,
  value: string,
  from: number,
): { readonly end: number; readonly compared: number } {
  let matched = 0;
  let returns = 0;
  let at = from;
  while (at < value.length && matched < text.length) {
    const code = value.charCodeAt(at);
    while (matched > 0 && text.charCodeAt(matched) !== code) {
      matched = fallback[matched - 1] ?? 0;
      returns++;
    }
    if (text.charCodeAt(matched) === code) matched++;
    at++;
  }
  return { end: matched === text.length ? at : -1, compared: at - from + returns };
}

/** So few characters are found by the language itself, whose worst case is then near its best. */
const NATIVE_CHARS_MAX = 32;

/** `whole.includes(part)` in time that grows with the length of both, not with their product. */
export function includesText(whole: string, part: string): boolean {
  if (part.length <= NATIVE_CHARS_MAX) return whole.includes(part);
  return part.length <= whole.length && findEnd(needleOf(part), whole, 0).end >= 0;
}

/** `whole.split(by)` in such time; `by` is not empty. */
export function splitText(whole: string, by: string): string[] {
  if (by.length <= NATIVE_CHARS_MAX) return whole.split(by);
  if (by.length > whole.length) return [whole];
  const needle = needleOf(by);
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const { end } = findEnd(needle, whole, from);
    if (end < 0) break;
    parts.push(whole.slice(from, end - by.length));
    from = end;
  }
  parts.push(whole.slice(from));
  return parts;
}
