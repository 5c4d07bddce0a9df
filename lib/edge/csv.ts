import { stringify } from 'csv-stringify/sync';
import type { Reply } from './reply.ts';

/**
 * Rows as RFC 4180 text with a header row. A value that a spreadsheet would take for a formula
 * is escaped.
 */
export function csvReply(
  rows: readonly object[],
  columns: readonly string[],
  headers: Readonly<Record<string, string>>,
): Reply {
  const text = stringify([...rows], {
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
  return {
    statusCode: 200,
    headers: { ...headers, 'content-type': 'text/csv; charset=utf-8; header=present' },
    text,
  };
}
