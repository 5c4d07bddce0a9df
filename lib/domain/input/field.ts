import * as z from 'zod/mini';
import { quoted } from '../errors.ts';
import { isLongNumber } from '../exact-json.ts';
import { INTEGRATION_NAME, TENANT } from '../integration.ts';
import { isJsonObject } from '../merge-patch.ts';
import { METADATA_CHARS_MAX, METADATA_NAME_CHARS_MAX, METADATA_PAIRS_MAX } from '../metadata.ts';

/** The fields that bodies are made of. Each refusal says what was given and what is allowed. */

interface Given {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly expected?: unknown;
}

/** What may hold secrets: what was given in place of one may be the secret itself. */
const HOLDERS: readonly unknown[] = ['array', 'object', 'record'];

/**
 * Refuses with the value given. Of a list or an object, and of what stands where one is expected,
 * only the kind is said.
 */
export function refusing(rule: string) {
  return {
    error: ({ input, expected }: Given) =>
      HOLDERS.includes(expected) ? holderRefusal(input, rule) : refusal(input, rule),
  };
}

/** Refuses without a word about the value. */
function refusingSecret(rule: string) {
  return {
    error: ({ input }: Given) =>
      input === undefined ? `is required: ${rule}` : `the value given is not allowed: ${rule}`,
  };
}

/** The words of a refusal. */
export function refusal(given: unknown, rule: string): string {
  return given === undefined ? `is required: ${rule}` : `${worded(given)} is not allowed: ${rule}`;
}

/** The words of a refusal of what is no list, or no object: of what was given only the kind. */
export function holderRefusal(given: unknown, rule: string): string {
  return given === undefined ? `is required: ${rule}` : `${kindOf(given)} is not allowed: ${rule}`;
}

function worded(value: unknown): string {
  return Array.isArray(value) || (isJsonObject(value) && !isLongNumber(value))
    ? kindOf(value)
    : quoted(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'number' || isLongNumber(value)) return 'a number';
  return isJsonObject(value) ? 'an object' : String(value);
}

export const text = (pattern: RegExp, charsMax: number, rule: string) =>
  z
    .string(refusing(rule))
    .check(z.maxLength(charsMax, refusing(rule)), z.regex(pattern, refusing(rule)));

/** A text whose value never appears in a message. */
export const secretText = (pattern: RegExp, charsMax: number, rule: string) =>
  z
    .string(refusingSecret(rule))
    .check(z.maxLength(charsMax, refusingSecret(rule)), z.regex(pattern, refusingSecret(rule)));

/** Any text, never quoted. */
export const opaque = (rule: string) => z.string(refusingSecret(rule));

/** A text that is checked further by a rule of the domain, which gives undefined if it is fine. */
export const secretChecked = (problem: (value: string) => string | undefined) =>
  z.string(refusingSecret('a text')).check((given) => {
    const message = problem(given.value);
    if (message !== undefined) given.issues.push({ code: 'custom', input: undefined, message });
  });

/** `why` says what the range is for, where it does not go without saying. */
export const whole = (min: number, max: number, unit = '', why = '') => {
  const reason = why && ` (${why})`;
  const rule = refusing(`a whole number${unit && ` of ${unit}`} from ${min} to ${max}${reason}`);
  return z.int(rule).check(z.gte(min, rule), z.lte(max, rule));
};

export const decimal = (min: number, max: number, unit = '') => {
  const rule = refusing(`a number${unit && ` of ${unit}`} from ${min} to ${max}`);
  return z.number(rule).check(z.gte(min, rule), z.lte(max, rule));
};

export const flag = () => z.boolean(refusing('true or false'));

/** One of `values`; those of `later` are refused as not available in this version. */
export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  later: readonly string[] = [],
) => z.enum(values, { error: ({ input }: Given) => notAChoice(input, values, later) });

/** The refusal of a value that is none of `values`. */
export function notAChoice(
  given: unknown,
  values: readonly string[],
  later: readonly string[] = [],
): string {
  const allowed = values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
  return typeof given === 'string' && later.includes(given)
    ? `${worded(given)} is not available in this version; allowed: ${allowed}`
    : refusal(given, `${allowed}`);
}

/** A list of `min` to `max` entries. */
export const listOf = <T extends z.core.$ZodType>(entry: T, min: number, max: number) => {
  const rule = refusing(`a list of ${min} to ${max} entries`);
  return z.array(entry, rule).check(z.minLength(min, rule), z.maxLength(max, rule));
};

/** An object with these fields and no others. */
export const fields = <T extends z.core.$ZodShape>(shape: T) =>
  z.strictObject(shape, {
    error: ({ code, input }: Given) =>
      code === 'unrecognized_keys'
        ? `is not a field here; allowed: ${Object.keys(shape).join(', ') || 'none'}`
        : holderRefusal(input, 'an object'),
  });

const METADATA_NAME = new RegExp(`^[^\\p{Cc}]{1,${METADATA_NAME_CHARS_MAX}}$`, 'u');

export const metadata = () => {
  const rule = refusing(`an object of at most ${METADATA_PAIRS_MAX} texts`);
  const name = z.string().check(z.regex(METADATA_NAME));
  const value = text(/^/, METADATA_CHARS_MAX, `a text of at most ${METADATA_CHARS_MAX} characters`);
  return z
    .record(name, value, {
      error: (issue) => named(issue.code, issue.input) ?? rule.error(issue),
    })
    .check(z.refine((pairs) => Object.keys(pairs).length <= METADATA_PAIRS_MAX, rule));
};

function named(code: string | undefined, name: unknown): string | undefined {
  if (code !== 'invalid_key') return undefined;
  return refusal(
    name,
    `a name of 1 to ${METADATA_NAME_CHARS_MAX} characters, none of them a control character`,
  );
}

export const description = () => text(/^/, 1_000, 'a text of at most 1000 characters');

/** The name of an integration or a source. */
export const nameText = () =>
  text(INTEGRATION_NAME, 63, '1 to 63 of a–z 0–9 -, not beginning with a hyphen');

export const tenantText = () => text(TENANT, 64, '1 to 64 of A–Z a–z 0–9 _ . -');
