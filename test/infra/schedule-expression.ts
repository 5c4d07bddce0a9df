/**
 * The grammar of EventBridge schedule expressions. No validator knows it, and a rule with a bad
 * one fails only when it is deployed.
 */
export function isScheduleExpression(text: string): boolean {
  const rate = /^rate\(([1-9]\d{0,5}) (minute|hour|day)(s?)\)$/.exec(text);
  // EventBridge refuses `rate(1 minutes)` as well as `rate(5 minute)`.
  if (rate !== null) return (rate[1] === '1') === (rate[3] === '');
  const cron = /^cron\(([^()]+)\)$/.exec(text);
  return cron !== null && isCron((cron[1] ?? '').split(' '));
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** Forms that only this field has. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKDAY = `(?:[1-7]|${WEEKDAYS.join('|')})`;

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31, special: /^(?:\?|L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { min: 1, max: 12, names: MONTHS },
  {
    min: 1,
    max: 7,
    names: WEEKDAYS,
    special: new RegExp(`^(?:\\?|L|${WEEKDAY}L|${WEEKDAY}#[1-5])$`),
  },
  { min: 1970, max: 2199 },
];

function isCron(parts: readonly string[]): boolean {
  if (parts.length !== FIELDS.length) return false;
  // Exactly one of day-of-month and day-of-week decides; the other must be `?`.
  if ((parts[2] === '?') === (parts[4] === '?')) return false;
  return FIELDS.every((field, index) => isField(parts[index] ?? '', field));
}

function isField(text: string, field: Field): boolean {
  if (field.special?.test(text) === true) return true;
  return text.split(',').every((item) => {
    const [range = '', step, ...rest] = item.split('/');
    if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
    if (range === '*') return true;
    const bounds = range.split('-').map((bound) => numberOf(bound, field));
    return bounds.length <= 2 && bounds.every((bound) => bound >= field.min && bound <= field.max);
  });
}

function numberOf(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + 1;
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
}
