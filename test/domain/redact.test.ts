import { describe, expect, it } from 'vitest';
import {
  deliveryDetailView,
  eventSummaryView,
  eventView,
  redactedDelivery,
  redactedEvent,
  redactedSummary,
} from '../../lib/app/history-views.ts';
import { parseExactJson } from '../../lib/domain/exact-json.ts';
import { redactedJson, redactedText } from '../../lib/domain/redact.ts';
import { attempt, delivery, event } from '../contracts/fixtures.ts';

describe('a redacted value', () => {
  it.each([
    ['canary', '[string]'],
    ['', '[string]'],
    [4111, '[number]'],
    [true, '[boolean]'],
    [null, null],
    [[], []],
    [
      ['a', 1, [false]],
      ['[string]', '[number]', ['[boolean]']],
    ],
    [
      { amount: 5, customer: { name: 'x' } },
      { amount: '[number]', customer: { name: '[string]' } },
    ],
    [
      { 'ann@example.com': 1, ok: 2, '4111 1111': 3 },
      { '[name 1]': '[number]', ok: '[number]', '[name 3]': '[number]' },
    ],
  ])('%j is %j', (value, expected) => {
    expect(redactedJson(value)).toEqual(expected);
  });

  it('is that of a number too, where it is longer than a double holds', () => {
    expect(redactedJson(parseExactJson('{"id":12345678901234567890}'))).toEqual({ id: '[number]' });
  });

  it('keeps what is empty empty', () => {
    expect([redactedText(''), redactedText(null), redactedText('x')]).toEqual([
      '',
      null,
      '[string]',
    ]);
  });
});

describe('a redacted view', () => {
  it('keeps the ids, the type and the times of an event, and nothing else of its publisher', () => {
    const source = `src_${'0'.repeat(26)}`;
    const body = '{"type":"a.b","timestamp":"t","data":{"card":"canary-1"}}';
    const view = eventView({
      ...event(1),
      ...{ body, metadata: { team: 'canary-2' }, orderingKey: 'canary-3', source },
    });
    const redacted = redactedEvent(view);
    expect(JSON.stringify(redacted)).not.toContain('canary');
    const { id, type, tenant, acceptedAt } = view;
    expect(redacted).toMatchObject({ id, type, tenant, acceptedAt, source });
    expect(redacted.data).toEqual({ card: '[string]' });
  });

  it('has no source that a publisher wrote, in a list neither', () => {
    const told = { ...event(1), body: '{"data":null}', source: '/users/ann@example.com' };
    expect(redactedEvent(eventView(told)).source).toBe('[string]');
    expect(redactedSummary(eventSummaryView(told))).toEqual({
      ...eventSummaryView(told),
      source: '[string]',
    });
    const { source: _, ...plain } = told;
    expect(redactedSummary(eventSummaryView(plain)).source).toBeNull();
  });

  it('keeps how attempts went, and nothing of what was answered', () => {
    const one = { ...attempt(1), responseHeaders: { 'x-who': 'canary' }, responseBody: 'canary' };
    const view = deliveryDetailView(delivery(1, { attempts: [one] }), 0);
    const redacted = redactedDelivery(view);
    expect(JSON.stringify(redacted)).not.toContain('canary');
    expect(redacted).toMatchObject({ id: view.id, status: view.status });
    expect(redacted.attempts[0]).toMatchObject({
      ...{ id: one.id, statusCode: one.statusCode, outcome: one.outcome },
      responseHeaders: { 'x-who': '[string]' },
    });
  });
});
