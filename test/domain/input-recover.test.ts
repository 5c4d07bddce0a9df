import { describe, expect, it } from 'vitest';
import { RequestError } from '../../lib/domain/errors.ts';
import { parseRecover } from '../../lib/domain/input/recover-input.ts';

const NOW = Date.parse('2026-06-15T12:00:00.000Z');
const RULE = { nowMs: NOW, retentionDays: 30 };
const HOUR_AGO = '2026-06-15T11:00:00.000Z';
const EARLIER = '2026-06-15T10:00:00Z';
const LATER = '2026-06-15T13:00:00Z';

function refused(body: unknown): Record<string, string> {
  try {
    parseRecover(body, RULE);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return Object.fromEntries(error.fields.map(({ path, message }) => [path, message]));
  }
  return {};
}

describe('what is to be recovered', () => {
  it('is by default what failed, from then until now', () => {
    expect(parseRecover({ since: HOUR_AGO }, RULE)).toEqual({
      sinceMs: NOW - 3_600_000,
      untilMs: NOW,
      statuses: ['failed'],
      dryRun: false,
    });
  });

  it.each([
    ['held', ['held']],
    [
      ['waiting', 'cancelled', 'waiting'],
      ['waiting', 'cancelled'],
    ],
  ])('takes one status or a list: %j', (status, statuses) => {
    expect(parseRecover({ since: HOUR_AGO, status }, RULE).statuses).toEqual(statuses);
  });

  it('ends where it is told, and never in the future', () => {
    const until = (text: string) => parseRecover({ since: EARLIER, until: text }, RULE).untilMs;
    expect(until('2026-06-15T13:30:00+02:00')).toBe(NOW - 1_800_000);
    expect(until(LATER)).toBe(NOW);
  });

  it('may reach back as far as deliveries are kept', () => {
    const since = '2026-05-16T12:00:00.001Z';
    expect(parseRecover({ since, dryRun: true }, RULE)).toMatchObject({ dryRun: true });
  });

  it.each([
    [{}, 'since', 'is required: an RFC 3339 time'],
    [{ since: 5 }, 'since', '5 is not allowed'],
    [{ since: 'yesterday' }, 'since', '"yesterday" is not allowed: an RFC 3339 time'],
    [{ since: '2026-05-16T12:00:00Z' }, 'since', 'deliveries are kept for 30 days'],
    [{ since: '2026-06-15T12:00:00Z' }, 'since', 'before 2026-06-15T12:00:00.000Z'],
    [{ since: HOUR_AGO, until: HOUR_AGO }, 'until', 'later than since'],
    [{ since: HOUR_AGO, until: EARLIER }, 'until', 'later than since'],
    [{ since: HOUR_AGO, until: '2026-02-30T00:00:00Z' }, 'until', 'RFC 3339'],
    [{ since: HOUR_AGO, until: null }, 'until', 'RFC 3339'],
    [
      { since: HOUR_AGO, status: 'delivered' },
      'status',
      '"delivered" is not allowed: one of failed',
    ],
    [{ since: HOUR_AGO, status: [] }, 'status', 'a list of 0 is not allowed'],
    [{ since: HOUR_AGO, status: null }, 'status', 'null is not allowed: one of failed'],
    [{ since: HOUR_AGO, status: ['held', 7] }, 'status.1', '7 is not allowed'],
    [{ since: HOUR_AGO, dryRun: 'yes' }, 'dryRun', 'true or false'],
    [{ since: HOUR_AGO, statuses: ['held'] }, 'statuses', 'is not a field here'],
  ])('%j is refused, naming %s', (body, path, message) => {
    const problems = refused(body);
    expect(Object.keys(problems)).toEqual([path]);
    expect(problems[path]).toContain(message);
  });

  it('tells every problem at once', () => {
    const problems = refused({ since: 'x', until: 'y', status: 'z', dryRun: 1 });
    expect(Object.keys(problems).sort()).toEqual(['dryRun', 'since', 'status', 'until']);
  });

  it.each([undefined, null, [], 'all'])('%j is no body', (body) => {
    expect(refused(body)['']).toContain('a JSON object');
  });
});
