/**
 * How a text that was sent may stand in an answer that repeats it: as it is, and as the writers of
 * JSON, URLs and HTML that are in use put it. Most credentials need none of this, and have one.
 */

/** Nobody writes any of these in another way. */
const PLAIN = /^[A-Za-z0-9_.-]*$/;

/** What some writers of JSON put as `\uXXXX` though they need not. */
const ESCAPED = {
  /** Python, PHP. */
  beyondAscii: /[\u0080-\uffff]/g,
  /** Go, Rails. */
  html: /[<>&]/g,
  /** Gson. */
  gson: /[<>&=']/g,
  /** PHP and Python, told to. */
  both: /[<>&'\u0080-\uffff]/g,
  /** System.Text.Json of .NET, which writes a quotation mark so as well. */
  dotNet: /\\"|[<>&'+`\u0080-\uffff]/g,
} as const;

/** All spellings, the longest first: a shorter one that is found in it would leave the rest. */
export function spellingsOf(text: string): readonly string[] {
  if (PLAIN.test(text)) return [text];
  const json = JSON.stringify(text).slice(1, -1);
  const escaped = Object.values(ESCAPED).map((which) => json.replace(which, unicodeEscape));
  const anyJson = [json, ...escaped].flatMap((one) => [one, lowerHex(one)]);
  const url = encodeURIComponent(text);
  const urls = [url, url.replaceAll('%20', '+'), ...wireForms(text)];
  const all = [
    text,
    ...anyJson,
    ...anyJson.map((one) => one.replaceAll('/', '\\/')),
    ...urls,
    ...urls.map((one) => one.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())),
    inHtml(text, '&quot;', "'"),
    inHtml(text, '&quot;', '&#39;'),
    inHtml(text, '&#34;', '&#39;'),
  ];
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
}

function unicodeEscape(found: string): string {
  const code = found
    .charCodeAt(found.length - 1)
    .toString(16)
    .toUpperCase();
  return `\\u${code.padStart(4, '0')}`;
}

function lowerHex(json: string): string {
  return json.replace(/\\u[0-9A-F]{4}/g, (code) => code.toLowerCase());
}

/** As the URL parser puts it into a query: it leaves more as it is than `encodeURIComponent`. */
function wireForms(text: string): readonly string[] {
  const url = new URL('https://host.example/');
  url.search = text.replaceAll('#', '%23');
  return [url.search.slice(1)];
}

function inHtml(text: string, quote: string, apostrophe: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', quote)
    .replaceAll("'", apostrophe);
}
