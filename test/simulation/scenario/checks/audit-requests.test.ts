import { describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  type AuditOutcome,
  EMPTY_CHAIN,
  entryAfter,
} from '../../../../lib/domain/audit.ts';
import type { AskedOnce } from '../requests.ts';
import { untold } from './audit-requests.ts';

const PATCH: AskedOnce = {
  ...{ id: 'request-1', method: 'PATCH', path: '/v1/integrations/a', status: 200 },
  ...{ routeKey: 'PATCH /v1/integrations/{integration}', isReplay: false },
};
const WROTE = new Map([['request-1', ['T#default INT#int_1']]]);

function entry(outcome: AuditOutcome, more: Partial<AuditEntry> = {}): AuditEntry {
  const draft = {
    ...({ id: 'aud_1', tenant: 'default', action: 'integration.update', outcome } as const),
    actor: { kind: 'key', keyId: 'key_1', name: 'one' } as const,
    resource: { kind: 'integration', id: 'int_1', name: 'a' },
    ...{ requestId: 'request-1', sourceIp: null, before: null, after: null },
  };
  return entryAfter(EMPTY_CHAIN, { ...draft, ...more }, 0);
}

const judged = (
  entries: readonly AuditEntry[],
  more: Partial<AskedOnce> = {},
  wrote: ReadonlyMap<string, readonly string[]> = WROTE,
) => untold(entries, { asked: [{ ...PATCH, ...more }], wrote });
const NOTHING = new Map<string, readonly string[]>();

describe('a change that somebody asked for', () => {
  it('has one entry, of its end or that it was interrupted', () => {
    expect(judged([entry('succeeded')])).toBeUndefined();
    expect(judged([entry('interrupted')], { status: 503 })).toBeUndefined();
    expect(judged([entry('failed')], { status: 409 })).toBeUndefined();
    expect(judged([entry('interrupted')], { status: 409 }, NOTHING)).toBeUndefined();
    expect(judged([], { status: 404 }, NOTHING)).toBeUndefined();
    expect(judged([], { isReplay: true }, NOTHING)).toBeUndefined();
    expect(judged([entry('interrupted'), entry('succeeded')], { status: 503 })).toBeUndefined();
  });

  it.each<[string, readonly AuditEntry[], Partial<AskedOnce>]>([
    ['no entry', [], {}],
    ['two', [entry('succeeded'), entry('succeeded')], {}],
    ['two, though its answer was heard', [entry('interrupted'), entry('succeeded')], {}],
    ['two ends', [entry('failed'), entry('succeeded')], { status: 503 }],
    ['another action', [entry('succeeded', { action: 'integration.delete' })], {}],
  ])('is found out with %s', (_, entries, more) => {
    expect(judged(entries, more)).toContain('/v1/integrations/a');
  });

  it('is found out where it was stored and nobody heard so, or where it was refused', () => {
    expect(judged([], { status: 503 })).toContain('nobody tells of T#default INT#int_1');
    expect(judged([entry('succeeded')], { status: 404 }, NOTHING)).toContain('refused');
  });

  it('is found out where the route is one that changes nothing', () => {
    const reading = { method: 'GET', routeKey: 'GET /v1/integrations/{integration}' };
    expect(judged([], reading)).toContain('nobody tells');
    expect(judged([], reading, NOTHING)).toBeUndefined();
    expect(judged([entry('succeeded')], reading, NOTHING)).toContain('no change');
    expect(judged([entry('succeeded', { requestId: 'request-9' })])).toContain('nobody asked');
  });
});
