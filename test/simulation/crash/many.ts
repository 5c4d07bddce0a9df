import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { AUDIT_HEADS } from '../../../lib/adapters/dynamodb/audit-keys.ts';
import type { Snapshot } from '../dynamodb/views.ts';
import { simulate } from '../kernel/simulate.ts';
import { deployed } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import { newBook } from '../scenario/book.ts';
import { newWatch } from '../scenario/watch.ts';
import { hostOf, newStage, type Stage } from './stage.ts';

/**
 * As many integrations as make an event fan out, named `i0` and up. They are registered through the
 * API once, and put as the rows that this left into each run.
 */
export function manyIntegrations(count: number) {
  let rows: Promise<Snapshot> | undefined;
  const names = Array.from({ length: count }, (_, n) => `i${n}`);
  return {
    async ready(): Promise<void> {
      rows ??= registered(names);
      await rows;
    },
    async register(stage: Stage): Promise<void> {
      // It was awaited before the run, so that nothing of the machine is waited for in it.
      const { registry = [], audit = [], state = [] } = (await rows) ?? {};
      const { client } = stage.product.db.model;
      // What the registry has the audit log tells of.
      const heads = state.filter(({ pk }) => pk?.S === AUDIT_HEADS);
      for (const [TableName, items] of [
        [TABLE_NAMES.audit, audit],
        [TABLE_NAMES.state, heads],
      ] as const) {
        for (const Item of items) await client.send(new PutItemCommand({ TableName, Item }));
      }
      for (const Item of registry) {
        await client.send(new PutItemCommand({ TableName: TABLE_NAMES.registry, Item }));
        const [, , , name] = Item.pk?.S?.split('#') ?? [];
        if (name === undefined || !Item.pk?.S?.startsWith('NAME#')) continue;
        stage.book.integrations.set(name, {
          ...{ id: Item.id?.S ?? '', name, host: hostOf(name), fallbackHosts: [] },
          ...{ eventTypes: ['order.*'], isFifo: false, madeAtMs: stage.simulation.nowMs() },
          retry: { maxAttempts: 1, schedule: [], maxAgeSeconds: 1 },
        });
      }
      await stage.wait(START_MS);
    },
  };
}

const REGISTERED_MS = 60_000;
/** Later than the rows say that they were written. */
const START_MS = REGISTERED_MS;

async function registered(names: readonly string[]): Promise<Snapshot> {
  let snapshot: Snapshot = {};
  const { failure } = await simulate({ seed: 1, forMs: REGISTERED_MS }, (simulation) => {
    const product = deployed(simulation, { receivers: [] });
    const stage = newStage({ simulation, product, book: newBook(), watch: newWatch() });
    const work = async () => {
      for (const name of names) await stage.register(name);
    };
    stage.caller.start(work, (outcome) => {
      if (outcome.kind === 'failed') simulation.fail(`not registered: ${outcome.error}`);
      snapshot = product.db.model.snapshot();
    });
  });
  if (failure !== undefined) throw new Error(failure);
  return snapshot;
}
