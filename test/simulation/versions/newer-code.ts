import { marshall } from '@aws-sdk/util-dynamodb';
import { documentOf, packed } from './old-code.ts';
import { type RowKind, rowKindOf } from './rows.ts';
import type { Message, Row, TableCode } from './through.ts';

/** What today's code has never heard of, a value of every type that DynamoDB has. */
export const NEW_ATTRIBUTES: Row = marshall({
  xs: 'a text',
  xn: 12.5,
  xb: new Uint8Array([1, 2, 3]),
  xt: true,
  xz: null,
  xl: [1, 'two', { three: [4] }],
  xm: { one: { two: 'three' } },
  xss: new Set(['a', 'b']),
  xns: new Set([1, 2]),
  xbs: new Set([new Uint8Array([9])]),
});

/** The same of JSON, for documents and messages. */
export const NEW_FIELDS = {
  xText: 'a text',
  xNumber: -0.5,
  xTrue: true,
  xNull: null,
  xList: [1, ['two'], {}],
  xObject: { one: { two: 'three' } },
};

const WITH_DOCUMENT: ReadonlySet<RowKind> = new Set(['integration', 'source']);

/** A version to come: it adds to every row, and reads what it finds. */
export function newerTableCode(): TableCode {
  return {
    writes(table, row) {
      const kind = rowKindOf(table, row.pk?.S ?? '', row.sk?.S ?? '');
      const more = WITH_DOCUMENT.has(kind) ? packed({ ...documentOf(row), ...NEW_FIELDS }) : {};
      return { ...row, ...more, ...NEW_ATTRIBUTES };
    },
    reads: (_, row) => row,
    updates(input) {
      const { UpdateExpression = '', ExpressionAttributeNames, ExpressionAttributeValues } = input;
      const sets = Object.keys(NEW_ATTRIBUTES).map((name) => `#${name} = :${name}`);
      return {
        ...input,
        UpdateExpression: UpdateExpression.startsWith('SET ')
          ? `SET ${sets.join(', ')}, ${UpdateExpression.slice('SET '.length)}`
          : `SET ${sets.join(', ')} ${UpdateExpression}`,
        ExpressionAttributeNames: {
          ...ExpressionAttributeNames,
          ...Object.fromEntries(Object.keys(NEW_ATTRIBUTES).map((name) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ...ExpressionAttributeValues,
          ...Object.fromEntries(
            Object.entries(NEW_ATTRIBUTES).map(([name, value]) => [`:${name}`, value]),
          ),
        },
      };
    },
  };
}

export function newerMessage(message: Message): Message {
  return { ...NEW_FIELDS, ...message };
}
