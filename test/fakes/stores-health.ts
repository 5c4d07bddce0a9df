import type { HealthChecks, HealthWatch } from '../../lib/app/ports-health.ts';

/** Health checks in memory. */
export function fakeHealthChecks(): HealthChecks {
  const rows = new Map<string, HealthWatch>();
  return {
    async watch({ tenant, integrationId, intervalSeconds }, nowMs) {
      const known = rows.get(integrationId) ?? { claimedAtMs: 0, failuresInRow: 0 };
      const now = { tenant, integrationId, intervalSeconds, watchedAtMs: nowMs };
      rows.set(integrationId, { ...known, ...now });
    },
    async load(integrationId) {
      return structuredClone(rows.get(integrationId));
    },
    async all() {
      return structuredClone([...rows.values()]);
    },
    async claim({ integrationId, claimedAtMs }, nowMs) {
      const row = rows.get(integrationId);
      if (row?.claimedAtMs !== claimedAtMs) return 'taken';
      rows.set(integrationId, { ...row, claimedAtMs: nowMs });
      return 'claimed';
    },
    async record({ integrationId, claimedAtMs, intervalSeconds }, facts) {
      const row = rows.get(integrationId);
      if (row?.claimedAtMs !== claimedAtMs) return;
      rows.set(integrationId, { ...row, ...structuredClone(facts), intervalSeconds });
    },
    async unwatch({ integrationId, watchedAtMs }) {
      if (rows.get(integrationId)?.watchedAtMs === watchedAtMs) rows.delete(integrationId);
    },
  };
}
