/** The longest `Retry-After` that is believed, in seconds. */
export const RETRY_AFTER_SECONDS_MAX = 86_400;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
const IMF = new RegExp(`^[A-Z][a-z]{2}, (\\d{2}) ([A-Z][a-z]{2}) (\\d{4}) ${TIME} GMT$`);
const RFC850 = new RegExp(`^[A-Z][a-z]+day, (\\d{2})-([A-Z][a-z]{2})-(\\d{2}) ${TIME} GMT$`);
const ASCTIME = new RegExp(`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) ${TIME} (\\d{4})$`);

/**
 * What `Retry-After` asks for, in seconds from `nowMs`: a number of seconds or any of the three
 * date forms of RFC 9110 §5.6.7, at most 24 hours. `stop` is a negative number, as EventBridge
 * takes it. Anything else is no hint: undefined.
 */
export function parseRetryAfter(
  value: string | undefined,
  nowMs: number,
): number | 'stop' | undefined {
  const text = value?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^-\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text) < 0 ? 'stop' : 0;
  if (/^\+?\d{1,15}(\.\d{1,9})?$/.test(text)) return clamp(Math.ceil(Number(text)));
  const atMs = parseHttpDate(text, nowMs);
  return atMs === undefined ? undefined : clamp(Math.ceil((atMs - nowMs) / 1000));
}

function clamp(seconds: number): number {
  return Math.min(Math.max(seconds, 0), RETRY_AFTER_SECONDS_MAX);
}

/** An HTTP-date in milliseconds; `nowMs` settles the century of a two-digit year (RFC 9110). */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const imf = IMF.exec(text);
  if (imf) return instant(Number(imf[3]), imf[2], imf[1], imf.slice(4, 7));
  const rfc850 = RFC850.exec(text);
  if (rfc850) {
    const thisYear = new Date(nowMs).getUTCFullYear();
    let year = Math.floor(thisYear / 100) * 100 + Number(rfc850[3]);
    // More than fifty years ahead means the most recent past year with these digits.
    if (year > thisYear + 50) year -= 100;
    return instant(year, rfc850[2], rfc850[1], rfc850.slice(4, 7));
  }
  const asc = ASCTIME.exec(text);
  if (asc) return instant(Number(asc[6]), asc[1], asc[2], asc.slice(3, 6));
  return undefined;
}

function instant(
  year: number,
  monthName: string | undefined,
  dayText: string | undefined,
  time: readonly (string | undefined)[],
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? '');
  const day = Number(dayText);
  const [hour = 99, minute = 99, second = 99] = time.map(Number);
  if (month < 0 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const atMs = Date.UTC(year, month, day, hour, minute, second);
  return new Date(atMs - (second === 60 ? 1000 : 0)).getUTCDate() === day ? atMs : undefined;
}
