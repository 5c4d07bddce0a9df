/**
 * A text in which case makes no difference: character by character, the same in every language.
 * Upper case, because lower case depends on what stands beside a letter (Σ).
 */
export function foldedCase(text: string): string {
  return text.toUpperCase();
}
