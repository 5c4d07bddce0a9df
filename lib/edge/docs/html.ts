/** Markup that `html` has made: nothing else gets into a page as it is. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a template: text, which is escaped, or markup, or a list of these. */
export type Piece = Html | string | number | undefined | readonly Piece[];

/** By identity: what only looks like markup is none. */
const made = new WeakSet<object>();

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands between tags and between the quotes of an attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** Markup with every value escaped; attributes are to be written with quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return markup(parts.map((part, i) => (i === 0 ? part : written(values[i - 1]) + part)).join(''));
}

/** For text that is a constant of the code, such as a style: it goes out as it is. */
export function markup(text: string): Html {
  const piece = { markup: text };
  made.add(piece);
  return piece;
}

function written(piece: Piece): string {
  if (piece === undefined) return '';
  if (isList(piece)) return piece.map(written).join('');
  if (typeof piece === 'object' && made.has(piece)) return piece.markup;
  return escaped(typeof piece === 'object' ? JSON.stringify(piece) : String(piece));
}

function isList(piece: Piece): piece is readonly Piece[] {
  return Array.isArray(piece);
}

/** The little Markdown of descriptions: paragraphs, `**strong**` and code in backticks. */
export function prose(text: string): Html {
  return html`${text.split(/\n{2,}/).map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`;
}

/** The same of one line. */
export function inline(text: string): Html {
  return html`${between(text, '**').map((part, i) => (i % 2 === 1 ? html`<strong>${code(part)}</strong>` : code(part)))}`;
}

function code(text: string): Html {
  return html`${between(text, '`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Every second one stands between marks; a mark without its other half is text. */
function between(text: string, mark: string): readonly string[] {
  const parts = text.split(mark);
  return parts.length % 2 === 1 ? parts : [text];
}
