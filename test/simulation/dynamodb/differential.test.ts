import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../../contracts/stand-ins.ts';
import { condition, item, type Text, update } from './random-expressions.ts';
import {
  marshalled,
  type Native,
  nameOfError,
  rest,
  type Subject,
  startSubject,
  TableName,
  valuesOf,
} from './subjects.ts';

const RUNS = 600;
const TIME_MAX_MS = 8_000;
const KIND = 'dynoxide';

describe.skipIf(isMissing(KIND))('the model', () => {
  let subjects: readonly [Subject, Subject];
  beforeAll(async () => {
    subjects = [await startSubject('model'), await startSubject(KIND)];
  });
  afterAll(() => Promise.all(subjects.map((subject) => subject.stop())));

  it(`does with any item what ${KIND} does: conditions, updates, refusals`, async () => {
    const cases = fc.asyncProperty(item, condition, update, async (before, test, change) => {
      const [model, other] = await Promise.all(
        subjects.map((subject) => outcomeOf(subject, before, test, change)),
      );
      expect(model).toEqual(other);
    });
    const limits = { numRuns: RUNS, interruptAfterTimeLimit: TIME_MAX_MS };
    await fc.assert(cases, { ...limits, markInterruptAsFailure: false });
  });
});

async function outcomeOf(subject: Subject, before: Native, test: Text, change: Text) {
  const key = { pk: 'differential', sk: 'x' };
  const values: Record<string, unknown> = {};
  const aliased = ({ text, values: given }: Text, sign: string) => {
    let count = 0;
    return text.replaceAll('?', () => {
      const alias = `:${sign}${count}`;
      values[alias] = given[count++];
      return alias;
    });
  };
  const ConditionExpression = aliased(test, 'c');
  const UpdateExpression = aliased(change, 'u');
  const Item = marshalled({ ...key, ...before });
  await subject.client.send(new PutItemCommand({ TableName, Item }));
  const name = await nameOfError(
    subject.client.send(
      new UpdateItemCommand({
        TableName,
        Key: marshalled(key),
        ConditionExpression,
        UpdateExpression,
        ...valuesOf(values),
      }),
    ),
  );
  return { name, after: await rest(subject, key.pk), ConditionExpression, UpdateExpression };
}
