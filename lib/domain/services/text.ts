/** Texts of others, made fit for a message: bounded, well-formed, and nothing but text. */

/** Nothing shown is longer; what comes after it is not even looked at. */
const CHARS_READ_MAX = 50_000;
/** Control characters but the line feed, and those that turn the direction of what is read. */
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** With its line breaks. */
export function clean(text: string): string {
  return text
    .slice(0, CHARS_READ_MAX)
    .toWellFormed()
    .replace(UNSEEN, (char) => (char === '\n' ? char : ' '));
}

/** On one line; a dash where there is nothing to see: an empty text is refused by most services. */
export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, ' ').trim() || '—';
}

/** At most `charsMax` UTF-16 units, never half a character; an ellipsis says that it was longer. */
export function cut(text: string, charsMax: number): string {
  return cutAs(text, charsMax, (char) => char);
}

/** The same of a text that grows as it is escaped: what is cut is whole escapes. */
export function cutAs(text: string, charsMax: number, write: (char: string) => string): string {
  const written: string[] = [];
  let chars = 0;
  let keep = 0;
  for (const char of text) {
    const wrote = write(char);
    chars += wrote.length;
    if (chars > charsMax) return `${written.slice(0, keep).join('')}…`;
    written.push(wrote);
    if (chars < charsMax) keep = written.length;
  }
  return written.join('');
}

/** Markdown links show one address and lead to another; with a space of no width they are text. */
export function unlinked(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}
