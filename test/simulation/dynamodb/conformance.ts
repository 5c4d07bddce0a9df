import { inspect } from 'node:util';
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONDITIONS, ITEM } from './conformance-conditions.ts';
import { indexConformance } from './conformance-indexes.ts';
import { itemConformance } from './conformance-items.ts';
import { queryConformance } from './conformance-queries.ts';
import { UPDATES } from './conformance-updates.ts';
import {
  marshalled,
  nameOfError,
  put,
  rest,
  type Subject,
  type SubjectKind,
  startSubject,
  TableName,
  valuesOf,
} from './subjects.ts';

/**
 * What is expected of DynamoDB, by whoever plays it. Where a stand-in is known to do otherwise, the
 * case says what it does instead, so that a better version of it is noticed.
 */
export function conformance(kind: SubjectKind): void {
  let running: Subject;
  beforeAll(async () => {
    running = await startSubject(kind);
  });
  afterAll(() => running.stop());
  const subject = () => running;

  describe('a condition', () => {
    const Item = marshalled({ pk: 'condition', sk: 'x', ...ITEM });
    beforeAll(() => put(running, { pk: 'condition', sk: 'x', ...ITEM }));

    for (const [ConditionExpression, values, outcome, facts] of CONDITIONS) {
      it(`${outcome}: ${ConditionExpression} with ${inspect(values)}`, async () => {
        const input = { TableName, Item, ConditionExpression, ...valuesOf(values) };
        const name = await nameOfError(running.client.send(new PutItemCommand(input)));
        expect(OUTCOMES[name] ?? name).toBe(facts?.[kind] ?? outcome);
      });
    }
  });

  describe('an update', () => {
    const Key = marshalled({ pk: 'update', sk: 'x' });
    for (const [UpdateExpression, values, before, after, facts] of UPDATES) {
      it(`${UpdateExpression} with ${inspect(values)} of ${inspect(before)}`, async () => {
        await put(running, { pk: 'update', sk: 'x', ...before });
        const input = { TableName, Key, UpdateExpression, ...valuesOf(values) };
        const name = await nameOfError(running.client.send(new UpdateItemCommand(input)));
        const left = await rest(running, 'update');
        expect(name === 'nothing' ? left : name).toEqual(facts?.[kind] ?? after);
        if (name !== 'nothing') expect(left).toEqual(before);
      });
    }
  });

  describe('an item', () => itemConformance(subject, kind));
  describe('a query', () => queryConformance(subject, kind));
  describe('indexes', () => indexConformance(subject, kind));
}

const OUTCOMES: Readonly<Record<string, string>> = {
  nothing: 'holds',
  ConditionalCheckFailedException: 'fails',
};
