import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { JOB_MARKS, JOBS, LINE_LOCK, SWEEPS } from '../../../lib/adapters/dynamodb/table.ts';
import { STATE_LETTERS } from '../../../lib/adapters/dynamodb/transition-text.ts';
import type { Product } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** What is left in the tables though nobody is at it any more, by kind. */
export interface Leftover {
  readonly kind: 'sweep' | 'drain' | 'job-mark' | 'job' | 'place' | 'breaker' | 'registry';
  readonly what: string;
}

type Row = Readonly<Record<string, AttributeValue>>;

/**
 * Rows that stand for work which is under way. A lock of a line and a probe's place may be left:
 * both are over by their own lease. So may be the claim of a name: whoever wants the name later
 * takes it, as the stories of the registry show.
 */
export function leftovers({ db }: Product): readonly Leftover[] {
  const rows = (name: string): readonly Row[] => [...(db.model.tables.get(name)?.rows() ?? [])];
  return [...rows(TABLE_NAMES.state).flatMap(ofState), ...unlisted(rows(TABLE_NAMES.registry))];
}

function ofState(row: Row): readonly Leftover[] {
  const [pk, sk] = [row.pk?.S ?? '', row.sk?.S ?? ''];
  const what = `${pk} ${sk}`;
  if (pk === SWEEPS) return [{ kind: 'sweep', what }];
  if (pk.startsWith('DRAIN#')) return [{ kind: 'drain', what }];
  if (pk === JOB_MARKS) return [{ kind: 'job-mark', what }];
  if (pk === JOBS) return jobStatus(row) === 'succeeded' ? [] : [{ kind: 'job', what }];
  if (pk.startsWith('LINE#') && sk !== LINE_LOCK) return [{ kind: 'place', what }];
  if (!pk.startsWith('B#') || sk !== 'S' || row.tbPk === undefined) return [];
  // Closed and watched: the last call of all failed, or nobody told of the success after it.
  if (row.st?.S === STATE_LETTERS.closed && row.up === undefined) return [];
  return [{ kind: 'breaker', what: `${what} ${row.st?.S}` }];
}

function jobStatus(row: Row): unknown {
  return JSON.parse(row.doc?.S ?? '{}').state?.status;
}

/** Integrations that have no claim on their name, or no pointer: nobody could find them. */
function unlisted(rows: readonly Row[]): readonly Leftover[] {
  const keys = new Map(rows.map((row) => [`${row.pk?.S} ${row.sk?.S}`, row]));
  const claims = new Set(
    rows.flatMap((row) => (row.pk?.S?.startsWith('NAME#integration#') ? (row.id?.S ?? []) : [])),
  );
  return rows.flatMap((row) => {
    const id = row.sk?.S?.startsWith('INT#') ? row.sk.S.slice('INT#'.length) : undefined;
    if (id === undefined) return [];
    if (claims.has(id) && keys.has(`REF#${id} REF`)) return [];
    return [{ kind: 'registry', what: `${id} has no claim or no pointer` }];
  });
}
