import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditDraft,
  boundedDraft,
  EMPTY_CHAIN,
  entryAfter,
  entryText,
} from '../../lib/domain/audit.ts';
import { boundedState, STATE_BYTES_MAX } from '../../lib/domain/audit-bounds.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const long = fc
  .tuple(fc.constantFrom('a', '漢', '\u{1f600}', '\ud800', '"', '\u0001'), fc.nat(40_000))
  .map(([char, times]) => char.repeat(times));
/** Of any size: many members, long texts, long names, lists of lists. */
const { state } = fc.letrec<{ state: unknown }>((again) => ({
  state: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(long, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(again('state'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), long), again('state'), { maxKeys: 4 }),
    fc.nat(30_000).map((length) => Array.from({ length }, (_, i) => i)),
    fc
      .nat(4_000)
      .map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`名${i}`, i]))),
  ),
}));

const ERP = {
  name: 'erp',
  endpoint: 'https://erp.example.com/in',
  metadata: { team: 'finance' },
  fallback: [{ type: 'static', statusCode: 200, body: '漢'.repeat(21_000) }],
  headers: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, '漢'.repeat(900)])),
};

describe('a state in the audit log', () => {
  it('is kept as it is up to 100,000 bytes', () => {
    const most = { text: 'x'.repeat(STATE_BYTES_MAX - bytesOf({ text: '' })) };
    expect(bytesOf(most)).toBe(STATE_BYTES_MAX);
    expect(boundedState(most)).toBe(most);
    expect(boundedState(undefined)).toBeNull();
  });

  it('is never larger, whatever it is, and bounded once is bounded', () => {
    fc.assert(
      fc.property(state, (value) => {
        const bounded = boundedState(value);
        expect(bytesOf(bounded)).toBeLessThanOrEqual(STATE_BYTES_MAX);
        expect(boundedState(bounded)).toEqual(bounded);
      }),
      { numRuns: 60 },
    );
  });

  it('fits into an item twice, with all that is said beside it', () => {
    const draft: AuditDraft = {
      ...{ id: 'aud_1', tenant: 'default', action: 'integration.update', outcome: 'succeeded' },
      actor: { kind: 'system', name: 'x' },
      resource: { kind: 'integration', id: null, name: null },
      ...{ requestId: null, sourceIp: null, before: ERP, after: { ...ERP, version: 2 } },
    };
    const text = entryText(entryAfter(EMPTY_CHAIN, draft, 0));
    expect(Buffer.byteLength(text)).toBeLessThan(250_000);
    expect(bytesOf(boundedDraft(draft))).toBeLessThan(250_000);
  });

  it('shows a change beside what is too large, and that what is too large has changed', () => {
    const before = boundedState(ERP);
    const moved = boundedState({ ...ERP, endpoint: 'https://elsewhere.example.com/' });
    expect(before).toMatchObject({ name: 'erp', endpoint: ERP.endpoint, metadata: ERP.metadata });
    expect(moved).toMatchObject({ name: 'erp', endpoint: 'https://elsewhere.example.com/' });
    const [link] = ERP.fallback;
    const other = boundedState({
      ...ERP,
      fallback: [{ ...link, body: `${'漢'.repeat(20_999)}字` }],
    });
    expect(other).not.toEqual(before);
    expect(Object.keys(other as object)).toEqual(Object.keys(ERP));
  });

  it('of too many members says how large the largest are', () => {
    const list = Array.from({ length: 40_000 }, (_, i) => i);
    const omitted = {
      omitted: expect.any(String),
      bytes: expect.any(Number),
      sha256: expect.any(String),
    };
    expect(boundedState({ name: 'many', list, few: [1] })).toEqual({
      ...{ name: 'many', few: [1] },
      list: omitted,
    });
    expect(boundedState(list)).toEqual(omitted);
  });
});
