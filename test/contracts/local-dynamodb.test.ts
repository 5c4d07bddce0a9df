import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dynamoClient } from '../../lib/adapters/dynamodb/client.ts';
import { dynamoProgress } from '../../lib/adapters/dynamodb/progress.ts';
import { type DynamoKind, startDynamo } from '../../lib/local/dynamodb.ts';
import { createTables, type TableDefinition } from '../../lib/local/dynamodb-tables.ts';
import { integration, T0 } from './fixtures.ts';
import { isMissing, STAND_INS, tableDefinitions } from './stand-ins.ts';

const TABLES = { registry: 'local-registry', history: 'local-history', state: 'local-state' };
const SWEEP = {
  kind: 'release',
  tenant: 'default',
  integrationId: integration(1).id,
  startedAtMs: T0,
} as const;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'breakwater-'));
});
/** Whatever a failed test left running. */
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(home, { recursive: true, force: true }));

function progressAt(endpoint: string) {
  return dynamoProgress(dynamoClient({ endpoint }), TABLES, {
    random: { bytes: (count) => new Uint8Array(count) },
  });
}

/** Starts the stand-in in a process of its own; that process says where, and waits. */
async function startElsewhere(kind: DynamoKind, dataDir: string) {
  const module = new URL('../../lib/local/dynamodb.ts', import.meta.url).href;
  const code = `
    const { startDynamo } = await import(${JSON.stringify(module)});
    const { endpoint } = await startDynamo(${JSON.stringify({ kind, dataDir })});
    process.on('SIGINT', () => console.log('interrupted'));
    console.log(endpoint);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    detached: true,
  });
  children.push(child);
  const [endpoint] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, endpoint: String(endpoint).trim() };
}

function withoutIndexes({ TableName, KeySchema, AttributeDefinitions }: TableDefinition) {
  const keys = new Set(KeySchema.map(({ AttributeName }) => AttributeName));
  return {
    TableName,
    KeySchema,
    AttributeDefinitions: AttributeDefinitions.filter(({ AttributeName }) =>
      keys.has(AttributeName),
    ),
  };
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(500) });
    return true;
  } catch {
    return false;
  }
}

describe.each(STAND_INS)('%s on this machine', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    it('keeps its data over a restart', async () => {
      const dataDir = join(home, `${kind}-restart`);
      const first = await startDynamo({ kind, dataDir });
      expect(first.endpoint).toMatch(/^http:\/\/127(\.\d+){3}:\d+$/);
      await createTables(first.endpoint, tableDefinitions('local'));
      await progressAt(first.endpoint).startSweep(SWEEP);
      await first.stop();
      expect(await answers(first.endpoint)).toBe(false);

      const second = await startDynamo({ kind, dataDir });
      await createTables(second.endpoint, tableDefinitions('local'));
      expect(await progressAt(second.endpoint).sweeps()).toEqual([SWEEP]);
      await second.stop();
    });

    it('dies with a process that is killed, and keeps what was written', async () => {
      const dataDir = join(home, `${kind}-killed`);
      const { child, endpoint } = await startElsewhere(kind, dataDir);
      await createTables(endpoint, tableDefinitions('local'));
      await progressAt(endpoint).startSweep(SWEEP);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect.poll(() => answers(endpoint), { timeout: 5_000 }).toBe(false);

      const again = await startDynamo({ kind, dataDir });
      expect(await progressAt(again.endpoint).sweeps()).toEqual([SWEEP]);
      await again.stop();
    });

    it('outlives a Ctrl-C in the terminal, for what is to be drained', async () => {
      const { child, endpoint } = await startElsewhere(kind, join(home, `${kind}-interrupted`));
      // A terminal interrupts the whole process group; `startElsewhere` only takes note of it.
      process.kill(-(child.pid ?? 0), 'SIGINT');
      await once(child.stdout, 'data');
      expect(await answers(endpoint)).toBe(true);
      child.kill('SIGKILL');
      await expect.poll(() => answers(endpoint), { timeout: 5_000 }).toBe(false);
    });

    // dynalite makes no index of a table that is there; the next test is what then happens.
    it.runIf(kind === 'dynoxide')(
      'adds an index that a later version brought, with the rows that are there',
      async () => {
        const server = await startDynamo({ kind });
        const tables = tableDefinitions('local');
        await createTables(server.endpoint, tables.map(withoutIndexes));
        const db = dynamoClient({ endpoint: server.endpoint });
        const row = { pk: { S: 'a' }, sk: { S: 'b' }, tbPk: { S: 'T' }, tbSk: { S: '1' } };
        await db.send(new PutItemCommand({ TableName: 'local-state', Item: row }));
        await createTables(server.endpoint, tables);
        const { Items } = await db.send(
          new QueryCommand({
            TableName: 'local-state',
            IndexName: 'troubled',
            KeyConditionExpression: 'tbPk = :pk',
            ExpressionAttributeValues: { ':pk': { S: 'T' } },
          }),
        );
        expect(Items).toEqual([row]);
        db.destroy();
        await server.stop();
      },
    );

    it('refuses data whose tables have other indexes', async () => {
      const server = await startDynamo({ kind });
      const tables = tableDefinitions('local');
      await createTables(server.endpoint, tables);
      await createTables(server.endpoint, tables);
      const changed = tables.map((table) => ({
        ...table,
        ...(table.GlobalSecondaryIndexes && {
          GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.map((index) => ({
            ...index,
            Projection: { ProjectionType: 'KEYS_ONLY' as const },
          })),
        }),
      }));
      await expect(createTables(server.endpoint, changed)).rejects.toThrow(
        'local-registry was made with other keys or indexes',
      );
      await server.stop();
    });
  });
});
