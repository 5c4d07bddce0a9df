import { BatchGetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { ModelOptions } from './model.ts';
import { nameOfError } from './subjects.ts';
import type { Written } from './table.ts';
import { Key, SEEDS, T0, TableName, versionOf, worldOf } from './weak-world.ts';
import { AWS_WEAKNESSES, type Fault, NO_WEAKNESSES } from './weaknesses.ts';

describe('a request', () => {
  const tries = (...faults: Fault[]): Partial<ModelOptions> => ({
    weaknesses: NO_WEAKNESSES,
    fault: ({ attempt }) => faults[attempt - 1] ?? 'none',
  });

  it.each<[Fault, RegExp, number | undefined]>([
    ['throttle', /^(ProvisionedThroughputExceeded|Throttling)Exception$/, undefined],
    ['lost-before', /^TimeoutError$/, undefined],
    ['lost-after', /^(InternalServerError|TimeoutError)$/, 3],
  ])('that is %s three times fails, and leaves %s, %s', async (fault, name, left) => {
    for (const seed of SEEDS) {
      const world = worldOf(seed, tries(fault, fault, fault));
      expect(await nameOfError(world.count())).toMatch(name);
      const row = world.model.tables.get(TableName)?.get(Key);
      expect(versionOf(row)).toBe(left);
      expect(world.model.spent).toMatchObject({ commands: 1, requests: 3 });
    }
  });

  it.each<Fault>(['throttle', 'lost-before'])('that is %s twice succeeds', async (fault) => {
    const world = worldOf(1, tries(fault, fault));
    expect((await world.create()).$metadata.attempts).toBe(3);
  });

  it('whose answer is lost fails by its own condition', async () => {
    const world = worldOf(1, tries('lost-after'));
    expect(await nameOfError(world.create())).toBe('ConditionalCheckFailedException');
    expect(world.model.size.rows).toBe(1);
  });

  it('that is slow may be done after the next one', async () => {
    const left = new Set<number | undefined>();
    for (const seed of SEEDS) {
      const fault = (asked: { readonly command: number; readonly attempt: number }): Fault =>
        asked.command === 0 && asked.attempt === 1 ? 'slow' : 'none';
      const times: number[] = [];
      const onWrite = ({ atMs }: Written) => times.push(atMs - T0);
      const world = worldOf(seed, { weaknesses: NO_WEAKNESSES, fault, onWrite });
      await world.put(1);
      await world.put(2);
      expect(await world.get(true)).toBe(2);
      // However long nobody looks, it was done when it arrived.
      world.advance(AWS_WEAKNESSES.slowMs * 2);
      left.add(await world.get(true));
      expect(Math.max(...times)).toBeLessThanOrEqual(AWS_WEAKNESSES.slowMs);
    }
    expect(left).toEqual(new Set([1, 2]));
  });

  it('takes its time, and no more', async () => {
    const world = worldOf(1, { weaknesses: { ...NO_WEAKNESSES, latencyMs: 10 } });
    for (let n = 0; n < 100; n++) await world.get(true);
    expect(world.passedMs()).toBeGreaterThan(300);
    expect(world.passedMs()).toBeLessThan(700);
  });

  it('that the model does not know is refused by name', async () => {
    const { client } = worldOf(1).model;
    const batch = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] } } });
    await expect(client.send(batch)).rejects.toThrow('the command BatchGetItemCommand');
    const ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
    const put = new PutItemCommand({ TableName, Item: Key, ReturnValuesOnConditionCheckFailure });
    await expect(client.send(put)).rejects.toThrow(
      'ReturnValuesOnConditionCheckFailure of PutItem',
    );
  });
});
