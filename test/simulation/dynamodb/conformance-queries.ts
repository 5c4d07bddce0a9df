import { inspect } from 'node:util';
import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  marshalled,
  type Native,
  nameOfError,
  put,
  type Subject,
  type SubjectKind,
  TableName,
  valuesOf,
} from './subjects.ts';

/** By UTF-8 bytes, which is neither the order of UTF-16 nor of any language. */
const SORTED = ['B', 'a', 'aa', 'ab', 'b', 'ä', '\u{e000}', '\u{fffd}', '\u{1f600}'];

type KeyCase = readonly [
  expression: string,
  values: Native,
  found: readonly string[] | 'refused',
  /** Who refuses what AWS takes, or takes what it refuses. */
  others?: readonly SubjectKind[],
];

const KEY_CONDITIONS: readonly KeyCase[] = [
  ['pk = :p', {}, SORTED],
  ['pk = :p AND sk = :a', { ':a': 'aa' }, ['aa']],
  ['sk = :a AND pk = :p', { ':a': 'aa' }, ['aa'], ['dynoxide']],
  ['(pk = :p) AND (sk = :a)', { ':a': 'aa' }, ['aa']],
  ['pk = :p AND sk < :a', { ':a': 'aa' }, ['B', 'a']],
  ['pk = :p AND sk <= :a', { ':a': 'aa' }, ['B', 'a', 'aa']],
  ['pk = :p AND sk > :a', { ':a': 'ä' }, SORTED.slice(6)],
  ['pk = :p AND sk >= :a', { ':a': '\u{fffd}' }, SORTED.slice(7)],
  ['pk = :p AND sk BETWEEN :a AND :b', { ':a': 'a', ':b': 'b' }, ['a', 'aa', 'ab', 'b']],
  ['pk = :p AND sk BETWEEN :a AND :b', { ':a': 'c', ':b': 'd' }, []],
  ['pk = :p AND begins_with(sk, :a)', { ':a': 'a' }, ['a', 'aa', 'ab']],
  ['pk = :p AND sk BETWEEN :a AND :b', { ':a': 'b', ':b': 'a' }, 'refused'],
  ['pk = :p AND sk <> :a', { ':a': 'b' }, 'refused'],
  ['pk = :p OR sk = :a', { ':a': 'b' }, 'refused'],
  ['NOT pk = :p', {}, 'refused'],
  ['pk > :p', {}, 'refused'],
  ['sk = :p', {}, 'refused'],
  ['pk = :p AND n = :a', { ':a': 'b' }, 'refused'],
  ['pk = :p AND sk = :a AND sk = :b', { ':a': 'a', ':b': 'b' }, 'refused'],
  ['pk = :p AND sk = :a', { ':a': 5 }, 'refused', ['dynoxide']],
  ['pk = :p AND contains(sk, :a)', { ':a': 'b' }, 'refused'],
  ['pk = :p AND sk IN (:a)', { ':a': 'b' }, 'refused'],
  ['pk = :p AND sk = :a', { ':a': '' }, 'refused', ['dynoxide', 'dynalite']],
];

type RefusedQuery = readonly [Partial<QueryCommandInput>, others?: readonly SubjectKind[]];
const REFUSED: readonly RefusedQuery[] = [
  [{ FilterExpression: 'sk = :p' }],
  [{ Limit: 0 }],
  [{ IndexName: 'nope' }],
  [{ Select: 'SPECIFIC_ATTRIBUTES' }, ['dynalite']],
  [{ Select: 'ALL_ATTRIBUTES', IndexName: 'byNumber' }],
  [{ ConsistentRead: true, IndexName: 'byNumber' }],
  [{ ProjectionExpression: 'b', IndexName: 'byText' }, ['dynoxide', 'dynalite']],
  [{ ProjectionExpression: 'n, n' }],
  [{ ExclusiveStartKey: marshalled({ pk: 'q' }) }],
  [{ ExclusiveStartKey: marshalled({ pk: 'q', sk: 5 }) }],
  [{ ExclusiveStartKey: marshalled({ pk: 'other', sk: 'a' }) }, ['dynoxide']],
  [{ ExclusiveStartKey: marshalled({ pk: 'q', x: 'a' }) }],
];

/** Order, ranges, pages and projections of queries. */
export function queryConformance(subject: () => Subject, kind: SubjectKind): void {
  const query = (input: Partial<QueryCommandInput>, values: Native = {}) =>
    subject().client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: input.IndexName === undefined ? 'pk = :p' : 'gp = :p',
        ...valuesOf({ ':p': 'q', ...values }),
        ...input,
      }),
    );
  const keysOf = (items: readonly Parameters<typeof unmarshall>[0][] = []) =>
    items.map((item) => String(unmarshall(item).sk));
  const pages = async (input: Partial<QueryCommandInput>) => {
    const found: string[][] = [];
    for (let from: QueryCommandInput['ExclusiveStartKey'], page = 0; page < 30; page++) {
      const answer = await query({ ...input, ExclusiveStartKey: from });
      found.push(keysOf(answer.Items));
      from = answer.LastEvaluatedKey;
      if (from === undefined) return found;
    }
    throw new Error('The pages do not end.');
  };

  beforeAll(async () => {
    for (const sk of [...SORTED].reverse()) await put(subject(), { pk: 'q', sk, n: sk.length });
  });

  for (const [KeyConditionExpression, values, found, others = []] of KEY_CONDITIONS) {
    const isRefused = (found === 'refused') !== others.includes(kind);
    it(`${isRefused ? 'refuses' : 'finds by'} ${KeyConditionExpression}, ${inspect(values)}`, async () => {
      for (const ScanIndexForward of [true, false]) {
        const asked = query({ KeyConditionExpression, ScanIndexForward }, values);
        const name = await nameOfError(asked);
        expect(name).toBe(isRefused ? 'ValidationException' : 'nothing');
        if (isRefused || found === 'refused') continue;
        const wanted = ScanIndexForward ? found : [...found].reverse();
        expect(keysOf((await asked).Items)).toEqual(wanted);
      }
    });
  }

  for (const [input, others = []] of REFUSED) {
    it(`refuses ${inspect(input)}`, async () => {
      const name = await nameOfError(query(input));
      expect(name).toBe(others.includes(kind) ? 'nothing' : 'ValidationException');
    });
  }

  describe('in pages', () => {
    it.each([1, 2, 4, 9, 10])('of %i gives every row once, in order', async (Limit) => {
      for (const ScanIndexForward of [true, false]) {
        const found = await pages({ Limit, ScanIndexForward });
        expect(found.flat()).toEqual(ScanIndexForward ? SORTED : [...SORTED].reverse());
        expect(found.slice(0, -1).every((page) => page.length === Limit)).toBe(true);
      }
    });

    it('does not say that the last row was the last where it was the limit too', async () => {
      expect(await pages({ Limit: SORTED.length })).toEqual([SORTED, []]);
    });

    it('goes on behind a row that is not there', async () => {
      const ExclusiveStartKey = marshalled({ pk: 'q', sk: 'abc' });
      expect(keysOf((await query({ ExclusiveStartKey })).Items)).toEqual(SORTED.slice(4));
    });

    it('counts what it reads against the limit, and not what it finds', async () => {
      const few = { FilterExpression: 'n > :one', Limit: 4 };
      const first = await query(few, { ':one': 1 });
      expect(first).toMatchObject({ Count: 2, ScannedCount: 4 });
      expect(unmarshall(first.LastEvaluatedKey ?? {})).toEqual({ pk: 'q', sk: 'ab' });
    });
  });

  it('counts without rows', async () => {
    const answer = await query({ Select: 'COUNT' });
    expect(answer).toMatchObject({ Count: SORTED.length, ScannedCount: SORTED.length });
    expect(answer.Items).toBeUndefined();
  });
}
