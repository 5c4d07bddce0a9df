import type { AuditEntry } from '../lib/domain/audit.ts';
import { type AuditDigest, parseDigest } from '../lib/domain/audit-digest.ts';
import type { AuditExport } from '../lib/domain/audit-export.ts';
import { canonicalJson } from '../lib/domain/canonical-json.ts';

/**
 * Reads what `GET /v1/audit` and `GET /v1/audit/digests` have answered: one answer, a list of
 * entries or digests, or one of those on each line. Throws where a text holds anything else.
 */
export function readExport(texts: readonly string[]): AuditExport {
  const entries: AuditEntry[] = [];
  const digests: AuditDigest[] = [];
  for (const item of texts.flatMap(documentsOf).flatMap(itemsOf)) {
    if (isEntry(item)) entries.push(item);
    else digests.push(digestOf(item));
  }
  return { entries, digests };
}

function documentsOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line) as unknown);
}

function itemsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (typeof document !== 'object' || document === null) return [document];
  return 'data' in document && Array.isArray(document.data) ? document.data : [document];
}

function isEntry(item: unknown): item is AuditEntry {
  if (typeof item !== 'object' || item === null) return false;
  const { seq, tenant, hash, prevHash } = item as Partial<AuditEntry>;
  const isChained = [tenant, hash, prevHash].every((text) => typeof text === 'string');
  return Number.isSafeInteger(seq) && isChained;
}

function digestOf(item: unknown): AuditDigest {
  const { signature } = (item ?? {}) as { readonly signature?: unknown };
  if (signature === null) {
    throw new Error(
      'A digest has no signature: it was read with a key of one tenant, or with ?tenant=.',
    );
  }
  const digest = parseDigest(canonicalJson(item));
  if (digest !== undefined) return digest;
  throw new Error(`Neither an entry nor a digest: ${canonicalJson(item).slice(0, 100)}`);
}
