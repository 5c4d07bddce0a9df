import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type PackedText, packText, unpackText } from '../../../lib/adapters/dynamodb/codec.ts';
import { type RowKind, rowKindOf } from './rows.ts';
import type { Message, Row, TableCode } from './through.ts';

/**
 * The version before fallback chains and order, by what today's rows and messages have and its did
 * not: that it neither reads nor writes, and a row that it puts whole is without it. Of deliveries
 * also how the last attempt went (`lm`, `le`), which came one version earlier still.
 *
 * The lease on a held row (`lu`) is as old as what claims from `held`: no code ever had one without
 * the other.
 */
const LATER: Partial<Readonly<Record<RowKind, readonly string[]>>> = {
  delivery: ['fb', 'lm', 'le'],
};
/** Documents are spread and stored again: what old code does not know in one, it keeps. */
const LATER_IN_DOCUMENTS: Partial<Readonly<Record<RowKind, readonly string[]>>> = {
  integration: ['fallback', 'ordering'],
};
const LATER_IN_MESSAGES = ['k', 'l'];

/** Remembers what it does not know of a document, for when it puts that again. */
export function oldTableCode(): TableCode {
  const kept = new Map<string, object>();
  const kindOf = (table: string, { pk, sk }: Row) => rowKindOf(table, pk?.S ?? '', sk?.S ?? '');
  const nameOf = ({ pk, sk }: Row) => `${pk?.S} ${sk?.S}`;

  return {
    writes(table, row) {
      const kind = kindOf(table, row);
      const known = without(row, LATER[kind]);
      const later = LATER_IN_DOCUMENTS[kind];
      if (later === undefined) return known;
      const document = { ...without(documentOf(row), later), ...kept.get(nameOf(row)) };
      // Where today's code seals secrets it found null, and broke off before it wrote anything.
      if (document.sealed !== undefined) throw new TypeError('The auth of the document is null.');
      return { ...known, ...packed(document) };
    },
    reads(table, row) {
      // An index without the row's own key attributes has nothing of what came later either.
      const kind = kindOf(table, row);
      const known = without(row, LATER[kind]);
      const later = LATER_IN_DOCUMENTS[kind];
      if (later === undefined) return known;
      const document = documentOf(row);
      kept.set(nameOf(row), only(document, later));
      return { ...known, ...packed(without(document, later)) };
    },
    updates: (input) => input,
  };
}

export function oldMessage(message: Message): Message {
  // In tokens of the work queue `k` is their kind, and as old as they are.
  return 'ev' in message ? without(message, LATER_IN_MESSAGES) : message;
}

export function documentOf(row: Row): Record<string, unknown> {
  const { doc } = unmarshall(row) as { readonly doc: PackedText };
  return JSON.parse(unpackText(doc)) as Record<string, unknown>;
}

export function packed(document: object): Row {
  return marshall({ doc: packText(JSON.stringify(document)) });
}

function without<V>(record: Readonly<Record<string, V>>, names: readonly string[] = []) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function only<V>(record: Readonly<Record<string, V>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}
