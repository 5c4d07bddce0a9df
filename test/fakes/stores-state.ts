import type { ApiKeys, Checkpoint, Claim, Claims, Progress, Sweep } from '../../lib/app/ports.ts';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import { pageById } from './stores-named.ts';

const USE_NOTED_EVERY_MS = 600_000;

export function fakeApiKeys(): ApiKeys {
  const rows = new Map<string, ApiKey>();
  return {
    async create(key) {
      if (rows.has(key.lookup)) return 'exists';
      rows.set(key.lookup, structuredClone(key));
      return 'created';
    },
    async byLookup(lookup) {
      return structuredClone(rows.get(lookup));
    },
    async byId(id) {
      return structuredClone([...rows.values()].find((key) => key.id === id));
    },
    async expire({ id, lookup }, atMs) {
      const key = rows.get(lookup);
      if (key?.id !== id) return 'gone';
      const next = { ...key, expiresAtMs: Math.min(key.expiresAtMs ?? Infinity, atMs) };
      rows.set(lookup, next);
      return structuredClone(next);
    },
    async remove(key) {
      if (rows.get(key.lookup)?.id === key.id) rows.delete(key.lookup);
    },
    async list({ tenant, after, limit }) {
      const keys = [...rows.values()];
      const shown = tenant === undefined ? keys : keys.filter((key) => key.tenant === tenant);
      return pageById(shown, after, limit);
    },
    async used({ lookup }, atMs) {
      const key = rows.get(lookup);
      const lastUsedAtMs = atMs - (atMs % USE_NOTED_EVERY_MS);
      if (key === undefined || (key.lastUsedAtMs ?? 0) >= lastUsedAtMs) return;
      rows.set(lookup, { ...key, lastUsedAtMs });
    },
  };
}

export function fakeClaims(): Claims {
  const rows = new Map<string, { readonly claim: Claim; readonly expiresAtMs: number }>();
  return {
    async take(claim, expiresAtMs, nowMs) {
      const row = rows.get(claim.key);
      if (row === undefined || row.expiresAtMs <= nowMs) {
        rows.set(claim.key, structuredClone({ claim, expiresAtMs }));
        return { kind: 'taken', claim };
      }
      const standing = row.claim;
      const isLeftBehind =
        standing.answer === undefined &&
        standing.leaseUntilMs <= nowMs &&
        standing.fingerprint === claim.fingerprint;
      if (!isLeftBehind) return { kind: 'standing', claim: structuredClone(standing) };
      const again = { ...claim, seed: standing.seed, createdAtMs: standing.createdAtMs };
      rows.set(claim.key, structuredClone({ claim: again, expiresAtMs }));
      return { kind: 'taken', claim: again };
    },
    async finish(key, seed, answer) {
      const row = rows.get(key);
      if (row?.claim.seed !== seed) return;
      rows.set(key, structuredClone({ ...row, claim: { ...row.claim, answer } }));
    },
    async release(key, seed) {
      const row = rows.get(key);
      if (row?.claim.seed !== seed || row.claim.answer !== undefined) return;
      rows.set(key, structuredClone({ ...row, claim: { ...row.claim, leaseUntilMs: 0 } }));
    },
  };
}

export function fakeProgress(): Progress {
  const checkpoints = new Map<string, Checkpoint>();
  const sweeps = new Map<string, Sweep>();
  return {
    async checkpoint(tenant) {
      return structuredClone(checkpoints.get(tenant));
    },
    async saveCheckpoint(next) {
      if ((checkpoints.get(next.tenant)?.version ?? 0) !== next.version) return 'stale';
      checkpoints.set(next.tenant, structuredClone({ ...next, version: next.version + 1 }));
      return 'saved';
    },
    async startSweep(sweep) {
      sweeps.set(`${sweep.kind}#${sweep.integrationId}`, structuredClone(sweep));
    },
    async sweeps() {
      return structuredClone([...sweeps.values()]);
    },
    async endSweep({ kind, integrationId, startedAtMs }) {
      const key = `${kind}#${integrationId}`;
      if (sweeps.get(key)?.startedAtMs === startedAtMs) sweeps.delete(key);
    },
  };
}
