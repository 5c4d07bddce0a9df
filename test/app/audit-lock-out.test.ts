import { describe, expect, it } from 'vitest';
import { auditLog } from '../../lib/app/audit.ts';
import { LOCK_OUTS_PER_MINUTE_MAX, lockOutEntries } from '../../lib/app/audit-lock-out.ts';
import { NO_TENANT, parseEntry } from '../../lib/domain/audit.ts';
import { auditWorld, MINUTE_MS } from './audit-world.ts';

const MANY = 500;

function opened() {
  const { deps, clock, trail, telemetry } = auditWorld();
  const tell = lockOutEntries({ audit: auditLog(deps), clock, telemetry });
  const entries = () =>
    [...trail.rows(NO_TENANT).values()].map((text) => parseEntry(text)?.after ?? null);
  return { deps, clock, trail, telemetry, tell, entries };
}

describe('lock-outs in the audit log', () => {
  it('are bounded in each minute, and the rest is counted after it', async () => {
    const { tell, clock, entries } = opened();
    for (let n = 0; n < MANY; n++) await tell(`2001:db8:${n.toString(16)}::`, 1_500);
    expect(entries()).toEqual(Array(LOCK_OUTS_PER_MINUTE_MAX).fill({ seconds: 2 }));
    clock.advance(MINUTE_MS);
    for (const wait of [60_000, 61_000]) await tell('203.0.113.7', wait);
    expect(entries().slice(LOCK_OUTS_PER_MINUTE_MAX)).toEqual([
      ...[{ others: MANY - LOCK_OUTS_PER_MINUTE_MAX }, { seconds: 60 }, { seconds: 61 }],
    ]);
    clock.advance(MINUTE_MS);
    await tell('203.0.113.7', 1_000);
    expect(entries().at(-1)).toEqual({ seconds: 1 });
    expect(entries()).toHaveLength(LOCK_OUTS_PER_MINUTE_MAX + 4);
  });

  it('are in nobody’s way while the log cannot be written', async () => {
    const { deps, clock, telemetry } = opened();
    const append = async () => {
      throw new Error('down');
    };
    const audit = auditLog({ ...deps, auditTrail: { ...deps.auditTrail, append } });
    await lockOutEntries({ audit, clock, telemetry })('203.0.113.7', 1_000);
    expect(telemetry.lines.map(({ message }) => message)).toContain('audit.deferred');
  });
});
