import { createPublicKey } from 'node:crypto';
import { AUDIT_DIGESTS, INTENT_PARTITIONS } from '../../../../lib/adapters/dynamodb/audit-keys.ts';
import { type AuditEntry, parseEntry, type StoredEntry } from '../../../../lib/domain/audit.ts';
import { WALK_BEGUN, walkEnded, walkOn } from '../../../../lib/domain/audit-chain.ts';
import {
  digestsBegun,
  notHeld,
  stepOverDigest,
} from '../../../../lib/domain/audit-digest-chain.ts';
import type { Product } from '../../product/product.ts';
import { TABLE_NAMES } from '../../product/settings.ts';
import { SIGNING_KEY } from '../../product/signing-key.ts';
import { type Checks, firstWrong } from './check.ts';

/** The audit log is whole, and tells of everything that was changed. */
export const AUDIT_CHECKS: Checks = {
  'the audit log verifies': ({ product }) => auditBroken(product),
  'every stored change of an integration has an entry': ({ product }) => auditLacks(product),
};

type Row = ReturnType<typeof rowsOf>[number];

function rowsOf({ db }: Pick<Product, 'db'>, table: keyof typeof TABLE_NAMES) {
  return [...(db.model.tables.get(TABLE_NAMES[table])?.rows() ?? [])];
}

/** What is wrong with a chain, or with what is noted of it; nothing is begun and not told of. */
export function auditBroken(product: Pick<Product, 'db'>): string | undefined {
  const state = rowsOf(product, 'state');
  const intent = state.find(({ pk }) => INTENT_PARTITIONS.includes(pk?.S ?? ''));
  if (intent !== undefined) return `${intent.sk?.S} was begun, and nobody told of its end`;
  const entries = rowsOf(product, 'audit').filter(({ pk }) => pk?.S?.startsWith('AUDIT#'));
  const chains = Map.groupBy(entries, ({ pk }) => pk?.S?.slice('AUDIT#'.length));
  const unsigned = digestsBroken(product);
  if (unsigned !== undefined) return unsigned;
  return firstWrong(chains, ([tenant = '', rows]) => {
    const head = state.find(({ pk, sk }) => pk?.S === 'AUDIT-HEADS' && sk?.S === tenant);
    const anchor = { seq: Number(head?.sq?.N ?? 0), hash: head?.hs?.S ?? '' };
    const stored = rows.map(storedOf).sort((a, b) => a.place - b.place);
    const walk = walkOn(WALK_BEGUN, tenant, stored, [anchor]);
    const known = { anchor, last: stored.at(-1), isOld: () => true };
    const { problem } = walkEnded(walk, [anchor], known);
    if (problem !== null) return `${tenant}: ${problem.message}`;
    const ids = stored.map(({ text }) => parseEntry(text)?.id);
    if (new Set(ids).size !== ids.length) return `${tenant} has an entry twice`;
    return undefined;
  });
}

/** What is wrong with what was signed: gaps are not, for ticks may rest here for days. */
function digestsBroken(product: Pick<Product, 'db'>): string | undefined {
  const all = rowsOf(product, 'audit');
  const digests = all.filter(({ pk }) => pk?.S === AUDIT_DIGESTS).map(storedOf);
  const known = { keys: [createPublicKey(SIGNING_KEY)] };
  let walk = digestsBegun();
  for (const row of digests.sort((a, b) => a.place - b.place)) {
    const step = stepOverDigest(walk, row, known);
    walk = step.walk;
    const lost = step.heads.find(({ tenant, seq, hash }) => {
      const entry = all.find(({ pk, sk }) => pk?.S === `AUDIT#${tenant}` && Number(sk?.S) === seq);
      return entry === undefined || parseEntry(storedOf(entry).text)?.hash !== hash;
    });
    if (lost !== undefined) return `${lost.tenant}: ${notHeld(lost).message}`;
  }
  return walk.problem?.message;
}

/** An integration that was changed more often than entries may tell of. */
export function auditLacks(product: Pick<Product, 'db'>): string | undefined {
  const entries = rowsOf(product, 'audit')
    .flatMap((row) => parseEntry(storedOf(row).text) ?? [])
    .filter(({ action }) => /^(integration|secret)\./.test(action));
  const integrations = rowsOf(product, 'registry').filter(({ sk }) => sk?.S?.startsWith('INT#'));
  return firstWrong(integrations, ({ sk, v }) => {
    const id = sk?.S?.slice('INT#'.length) ?? '';
    const versions = Number(v?.N);
    const told = new Set(entries.filter(({ resource }) => resource.id === id).flatMap(versionOf));
    // Whoever died did not tell of which version it was, or had no name for what it made.
    const vague = entries.filter((entry) => versionOf(entry).length === 0);
    if (versions <= told.size + vague.length) return undefined;
    return `${id} is at version ${versions}; entries tell of ${told.size}, and perhaps ${vague.length}`;
  });
}

function versionOf({ after }: AuditEntry): readonly number[] {
  const { version } = (after ?? {}) as { readonly version?: number };
  return version === undefined ? [] : [version];
}

function storedOf({ sk, doc }: Row): StoredEntry {
  return { place: Number(sk?.S), text: doc?.S ?? '' };
}
