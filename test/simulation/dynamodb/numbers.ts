import { invalid } from './errors.ts';

/** Whole numbers that a double holds exactly, as they are stored. */
const SMALL = /^(?:0|-?[1-9]\d{0,14})$/;
const WHOLE = /^[1-9]\d{0,14}$/;
const TRAILING_ZEROS = /0+$/;
const NUMBER = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;
const DIGITS_MAX = 38;
/** The first digit of the largest number stands for this power of ten, that of the smallest too. */
const POWER_MAX = 125;
const POWER_MIN = -130;

/** `0.digits` times ten to the `power`; no digits is zero. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly power: number;
}

/** The one text of a number: no exponent, no zeros that say nothing. */
export function canonicalNumber(text: string): string {
  return SMALL.test(text) ? text : textOf(parse(text));
}

export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (SMALL.test(a) && SMALL.test(b)) return Number(a) - Number(b);
  return numberToken(a) < numberToken(b) ? -1 : 1;
}

/** A text that sorts as the number does. */
export function numberToken(text: string): string {
  if (WHOLE.test(text)) return `1${text.length + 500}${text.replace(TRAILING_ZEROS, '')}`;
  const { negative, digits, power } = parse(text);
  if (digits === '') return '1';
  const magnitude = String(power + 500) + digits;
  if (!negative) return `1${magnitude}`;
  return `0${magnitude.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

/**
 * Exact; AWS keeps 38 digits, and the model refuses a result that has more, where AWS may round.
 * No counter of the product comes near.
 */
export function addNumbers(a: string, b: string, sign: 1 | -1): string {
  if (SMALL.test(a) && SMALL.test(b)) {
    const sum = Number(a) + sign * Number(b);
    if (Number.isSafeInteger(sum)) return String(sum);
  }
  const [left, right] = [parse(a), parse(b)];
  const scale = Math.min(left.power - left.digits.length, right.power - right.digits.length);
  const sum = scaled(left, scale) + BigInt(sign) * scaled(right, scale);
  return textOf(parse(`${sum}e${scale}`));
}

function scaled({ negative, digits, power }: Decimal, scale: number): bigint {
  if (digits === '') return 0n;
  const value = BigInt(digits) * 10n ** BigInt(power - digits.length - scale);
  return negative ? -value : value;
}

function parse(text: string): Decimal {
  const match = NUMBER.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const all = whole + fraction;
  const digits = all.replace(/^0+/, '');
  const power = whole.length + Number(exponent) - (all.length - digits.length);
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return { negative: false, digits: '', power: 0 };
  if (significant.length > DIGITS_MAX) {
    throw invalid('Attempting to store more than 38 significant digits in a Number');
  }
  if (power - 1 > POWER_MAX) {
    throw invalid(
      'Number overflow. Attempting to store a number with magnitude larger than supported range',
    );
  }
  if (power - 1 < POWER_MIN) {
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    );
  }
  return { negative: sign === '-', digits: significant, power };
}

function textOf({ negative, digits, power }: Decimal): string {
  if (digits === '') return '0';
  const whole = power <= 0 ? '0' : digits.slice(0, power).padEnd(power, '0');
  const fraction = power <= 0 ? '0'.repeat(-power) + digits : digits.slice(power);
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
