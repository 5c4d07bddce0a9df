import { TABLE_NAMES } from '../product/settings.ts';

/** Every kind of row that the product stores; one that this does not know throws. */
export type RowKind = (typeof KINDS)[number][0];

type Pattern = readonly [table: string, pk: RegExp, sk: RegExp];

const { registry, history, state, audit } = TABLE_NAMES;

const KINDS = [
  ['integration', [registry, /^T#/, /^INT#/]],
  ['source', [registry, /^T#/, /^SRC#/]],
  ['routes-version', [registry, /^T#/, /^ROUTES$/]],
  ['pointer', [registry, /^REF#/, /^REF$/]],
  ['name', [registry, /^NAME#/, /^NAME$/]],
  ['tenant', [registry, /^TENANTS$/, /./]],
  ['api-key', [registry, /^KEY#/, /^KEY$/]],
  ['api-key-pointer', [registry, /^KEY#/, /^REF$/]],
  ['event', [history, /#/, /^E$/]],
  ['payload', [history, /#/, /^P#/]],
  ['delivery', [history, /#/, /^D#/]],
  ['key-rate', [state, /^AUTH#RATE#/, /^R$/]],
  ['lock-out', [state, /^AUTH#LOCK#/, /^L$/]],
  ['signature', [state, /^AUTH#SIGN#/, /^S$/]],
  ['audit-head', [state, /^AUDIT-HEADS$/, /./]],
  ['audit-intent', [state, /^AUDIT-INTENTS(#\d)?$/, /./]],
  ['audit-signed', [state, /^AUDIT-SIGNED$/, /./]],
  ['audit-digest', [audit, /^AUDIT-DIGESTS$/, /^\d/]],
  ['audit-entry', [audit, /^AUDIT#/, /^\d/]],
  ['claim', [state, /^CLAIM#/, /^CLAIM$/]],
  ['checkpoint', [state, /^CHECKPOINT#/, /^CHECKPOINT$/]],
  ['health-check', [state, /^HEALTHCHECKS$/, /./]],
  ['sweep', [state, /^SWEEPS$/, /#/]],
  ['job', [state, /^JOBS$/, /./]],
  ['job-mark', [state, /^JOB-MARKS$/, /./]],
  ['breaker', [state, /^B#/, /^S$/]],
  ['transition', [state, /^B#/, /^H#/]],
  ['rate', [state, /^L#/, /^R$/]],
  ['places', [state, /^L#/, /^C$/]],
  ['answer', [state, /^ANSWER#/, /^ANSWER$/]],
  ['drain', [state, /^DRAIN#/, /^DRAIN$/]],
  ['place', [state, /^LINE#/, /^\d/]],
  ['line-lock', [state, /^LINE#/, /^!lock$/]],
] as const satisfies readonly (readonly [string, Pattern])[];

export const ROW_KINDS: readonly RowKind[] = KINDS.map(([kind]) => kind);

export function rowKindOf(table: string, pk: string, sk: string): RowKind {
  const found = KINDS.find(
    ([, [name, pkLike, skLike]]) => name === table && pkLike.test(pk) && skLike.test(sk),
  );
  if (found === undefined) throw new Error(`No known kind of row: ${table} ${pk} ${sk}`);
  return found[0];
}
