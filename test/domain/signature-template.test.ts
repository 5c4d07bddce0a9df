import { describe, expect, it } from 'vitest';
import { besideId, templateProblems } from '../../lib/domain/hmac-template.ts';
import type { HmacTemplate } from '../../lib/domain/signing.ts';
import { SLACK_TEMPLATE } from './verify-fixtures.ts';

const FULL: HmacTemplate = {
  header: 'X-Signature',
  prefix: 'sha256=',
  algorithm: 'sha256',
  encoding: 'hex',
  content: '{timestamp}.{id}.{body}',
  timestampHeader: 'X-Timestamp',
  idHeader: 'X-Id',
};
const { timestampHeader: _t, idHeader: _i, ...BODY_ONLY } = { ...FULL, content: '{body}' };

describe('a generic HMAC template', () => {
  it.each([
    FULL,
    SLACK_TEMPLATE,
    BODY_ONLY,
    { ...BODY_ONLY, prefix: '' },
    { ...BODY_ONLY, idHeader: 'X-Id' },
    { ...FULL, content: '{body}|{timestamp}|{id}' },
    { ...SLACK_TEMPLATE, content: '{timestamp}{body}' },
    { ...FULL, timestampHeader: 'webhook-timestamp', idHeader: 'webhook-id' },
  ])('is taken: $content', (template) => {
    expect(templateProblems(template)).toEqual([]);
  });

  it.each<[string, Partial<HmacTemplate>]>([
    ['header', { header: 'X Signature' }],
    ['header', { header: '' }],
    ['header', { header: 'x'.repeat(65) }],
    ['timestampHeader', { timestampHeader: 'X-Signature' }],
    ['idHeader', { idHeader: 'x-timestamp' }],
    ['prefix', { prefix: 'a\r\nb' }],
    ['prefix', { prefix: ' sha256=' }],
    ['prefix', { prefix: 'x'.repeat(65) }],
    ['content', { content: '{timestamp}.{id}' }],
    ['content', { content: '{timestamp}.{id}.{body}{body}' }],
    ['content', { content: '{timestamp}.{timestamp}.{id}.{body}' }],
    ['content', { content: '{timestamp}.{id}.{id}.{body}' }],
    ['content', { content: `{timestamp}.{id}.{body}${'x'.repeat(256)}` }],
    ['content', { content: '{timestamp}{id}.{body}' }],
    ['content', { content: '{timestamp}.{id}{body}' }],
    ['content', { content: '{timestamp}.{id}_{body}' }],
    ['content', { content: '{timestamp}:body-{id}:{body}' }],
    ['timestampHeader', { content: '{id}.{body}' }],
  ])('is refused with the field that is wrong: %s, %o', (path, wrong) => {
    expect(templateProblems({ ...FULL, ...wrong }).map((problem) => problem.path)).toContain(path);
  });

  it.each([
    ['timestampHeader', '{timestamp}.{body}'],
    ['idHeader', '{id}.{body}'],
  ])('needs a %s for %s', (path, content) => {
    expect(templateProblems({ ...BODY_ONLY, content })).toMatchObject([{ path }]);
  });

  it('knows what no id may contain', () => {
    expect(besideId(FULL)).toBe('..');
    expect(besideId(SLACK_TEMPLATE)).toBe('');
    expect(besideId({ ...FULL, content: '{id}|{timestamp}{body}' })).toBe('|');
  });
});
