/**
 * Whether a URL parser took a host for what its owner typed.
 *
 * Parsers turn hex, octal, short, percent-encoded, fullwidth and circled spellings into another
 * host than the one that was read by a person or a filter; such a host is refused, even when
 * what it turned into is harmless.
 */

const HOST_CHARS_MAX = 253;
const LABEL = /^[a-z0-9_-]{1,63}$/;
const ASCII = /^[\x20-\x7e]*$/;

/** True if `parsed` is `typed` in ASCII lower case, or label by label its exact IDN A-label. */
export function isCanonicalHost(typed: string, parsed: string): boolean {
  const lower = asciiLower(typed);
  if (lower === parsed) return true;
  const labels = parsed.split('.');
  const typedLabels = lower.split('.');
  return (
    typedLabels.length === labels.length &&
    typedLabels.every((label, at) => isSameLabel(label, labels[at] ?? ''))
  );
}

function isSameLabel(typed: string, parsed: string): boolean {
  if (typed === parsed) return true;
  if (ASCII.test(typed) || !parsed.startsWith('xn--')) return false;
  return decodePunycode(parsed.slice('xn--'.length)) === typed;
}

/** Whether this is a DNS name by its letters and lengths; a trailing dot is already gone. */
export function isWellFormedName(host: string): boolean {
  return host.length <= HOST_CHARS_MAX && host.split('.').every((label) => LABEL.test(label));
}

/** Lower case for A–Z alone: `K` (Kelvin) must not become `k`. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const BASE = 36;
const SKEW = 38;
const DAMP = 700;
const T_MIN = 1;
const T_MAX = 26;
const LABEL_CHARS_MAX = 63;
const CODE_POINT_MAX = 0x10ffff;

/** RFC 3492, the part behind `xn--`; undefined if it decodes to nothing. */
function decodePunycode(text: string): string | undefined {
  if (text.length > LABEL_CHARS_MAX) return undefined;
  const dash = text.lastIndexOf('-');
  const points = Array.from(text.slice(0, Math.max(dash, 0)), (letter) => letter.charCodeAt(0));
  let point = 128;
  let bias = 72;
  let index = 0;
  for (let at = dash + 1; at < text.length; ) {
    const start = index;
    for (let weight = 1, k = BASE; ; k += BASE, at++) {
      const digit = Number.parseInt(text[at] ?? '', BASE);
      if (Number.isNaN(digit)) return undefined;
      const value = (digit + 26) % BASE; // Digits a–z are 0–25 and 0–9 are 26–35; parseInt's order differs.
      index += value * weight;
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (value < threshold) break;
      weight *= BASE - threshold;
    }
    at++;
    bias = adapt(index - start, points.length + 1, start === 0);
    point += Math.floor(index / (points.length + 1));
    index %= points.length + 1;
    if (point > CODE_POINT_MAX) return undefined;
    points.splice(index, 0, point);
    index++;
  }
  return String.fromCodePoint(...points);
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : Math.floor(delta / 2);
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
