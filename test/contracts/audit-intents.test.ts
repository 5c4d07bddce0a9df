import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { completeIntents, INTERRUPTED_MS } from '../../lib/app/audited-change.ts';
import { EMPTY_CHAIN } from '../../lib/domain/audit.ts';
import { draft, TENANT } from '../domain/audit-chains.ts';
import { fakeRandom, fakeTelemetry } from '../fakes/world.ts';
import { NO_WEAKNESSES } from '../simulation/dynamodb/weaknesses.ts';
import { modelWorld, TABLE_NAMES } from '../simulation/dynamodb/world.ts';

const never = () => false;

/** The tick's, and all rows of the state that are of intents. */
function opened() {
  const world = modelWorld({ weaknesses: NO_WEAKNESSES });
  const clock = { nowMs: () => world.clock.nowMs(), sleep: async () => {} };
  const deps = { ...world.stores, clock, random: fakeRandom(), telemetry: fakeTelemetry() };
  const partitions = () =>
    [...(world.model.tables.get(TABLE_NAMES.state)?.rows() ?? [])]
      .map(({ pk }) => pk?.S ?? '')
      .filter((pk) => pk.startsWith('AUDIT-INTENTS'));
  return { world, deps, partitions };
}

describe('intents', () => {
  it('are spread over eight partitions', async () => {
    const { deps, partitions } = opened();
    for (let n = 0; n < 32; n++) {
      const id = `aud_${'0'.repeat(25)}${n.toString(32)}` as const;
      await deps.auditIntents.put({ draft: { ...draft(n), id }, atMs: n, end: EMPTY_CHAIN });
    }
    const used = Map.groupBy(partitions(), (pk) => pk);
    expect([...used.keys()].sort()).toEqual(
      Array.from({ length: 8 }, (_, shard) => `AUDIT-INTENTS#${shard}`),
    );
    for (const rows of used.values()) expect(rows.length).toBeLessThanOrEqual(8);
  });

  it('that an earlier version has stored, in one partition, are completed and taken away', async () => {
    const { world, deps, partitions } = opened();
    const { clock } = world;
    const intent = (n: number) => ({
      ...{ draft: draft(n), atMs: clock.nowMs(), end: EMPTY_CHAIN },
    });
    const row = { pk: 'AUDIT-INTENTS', sk: draft(1).id, doc: JSON.stringify(intent(1)) };
    const TableName = TABLE_NAMES.state;
    await world.model.client.send(new PutItemCommand({ TableName, Item: marshall(row) }));
    await deps.auditIntents.put(intent(2));
    expect(await completeIntents(deps, never)).toBe(0);
    expect(partitions()).toHaveLength(2);
    clock.advance(INTERRUPTED_MS + 1);
    expect(await completeIntents(deps, never)).toBe(2);
    expect(partitions()).toEqual([]);
    const entries = await deps.auditTrail.read(TENANT, 1, 9);
    expect(entries.map(({ text }) => JSON.parse(text).id)).toEqual([draft(1).id, draft(2).id]);
    expect(await completeIntents(deps, never)).toBe(0);
  });
});
