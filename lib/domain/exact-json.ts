/** JSON as it came: `rawJSON` (ECMAScript 2026) carries a number that a double cannot. */
interface ExactJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is LongNumber;
  parse(text: string, revive: Revive): unknown;
}
/** A number that a double would change, kept as its text. */
export interface LongNumber {
  readonly rawJSON: string;
}
type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

// TypeScript's own declarations do not know `rawJSON` and the reviver's third argument yet.
const exact = JSON as unknown as ExactJson;

/** Only a long number or an exponent can be more than a double holds; both are rare. */
const SUSPECT = /\d[\d.]{15}|\d[eE]/;
const DIGITS_ALWAYS_EXACT = 15;

/**
 * `JSON.parse`, but a number that a double would change keeps its text: when the value is
 * written again by `JSON.stringify`, an id of twenty digits is still the same id. What is no JSON is
 * a SyntaxError; what is nested beyond all measure may be a RangeError.
 */
export function parseExactJson(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && isChanged(value, source)
      ? exact.rawJSON(source)
      : value,
  );
}

/** True for what `parseExactJson` put in the place of such a number, and for nothing else. */
export function isLongNumber(value: unknown): value is LongNumber {
  return exact.isRawJSON(value);
}

function isChanged(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (String(value) === source) return false;
  const [mantissa = ''] = source.split(/[eE]/);
  const digits = mantissa.replace(/[-.]/g, '').replace(/^0+/, '');
  if (value === 0) return digits !== '';
  return digitsUpToLast(digits) > DIGITS_ALWAYS_EXACT;
}

/** Without the zeros at the end. Not by `/0+$/`, which takes the square of a run of zeros. */
function digitsUpToLast(digits: string): number {
  let length = digits.length;
  while (digits[length - 1] === '0') length--;
  return length;
}
