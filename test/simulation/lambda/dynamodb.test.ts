import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoClaims } from '../../../lib/adapters/dynamodb/claims.ts';
import type { Claim } from '../../../lib/app/ports.ts';
import { productTables } from '../dynamodb/table-spec.ts';
import { type Fault, type Faults, listedFaults, randomFaults, swarm } from '../kernel/faults.ts';
import { everyPair } from '../kernel/kill-points.ts';
import { type Report, simulate, story } from '../kernel/simulate.ts';
import { dynamoDb } from './dynamodb.ts';

const NAMES = { registry: 'registry', history: 'history', state: 'state' };
const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;
const RATES = {
  ...{ 'kill-before': 0.05, 'kill-after': 0.05, 'skew-back': 0.2, 'skew-forward': 0.2 },
  ...{ 'dynamodb-throttle': 0.1, 'dynamodb-lost-before': 0.1 },
  ...{ 'dynamodb-lost-after': 0.2, 'dynamodb-slow': 0.05 },
};

/** Several ask for one claim at once, through the real adapter; who dies asks again. */
function race(options: { seed?: number; faults: Faults; listsKillPoints?: boolean }) {
  return simulate({ seed: 1, forMs: HOUR_MS, ...options }, (simulation) => {
    const db = dynamoDb(simulation, productTables(NAMES));
    const takers: string[] = [];
    let lives = 0;
    const ask = (name: string) => {
      const id = `${name}/${++lives}`;
      const process = simulation.spawn(id, {
        isMortal: true,
        onDeath: () => simulation.world.clock.after(LEASE_MS, () => ask(name)),
      });
      const claims = dynamoClaims(db.clientOf(process), NAMES, process);
      const nowMs = process.clock.nowMs();
      const claim: Claim = {
        ...{ key: 'k', fingerprint: 'f', seed: id, createdAtMs: nowMs },
        leaseUntilMs: simulation.nowMs() + 24 * HOUR_MS,
      };
      process.start(
        () => claims.take(claim, nowMs + 48 * HOUR_MS, nowMs),
        (outcome) => {
          if (outcome.kind === 'done' && outcome.value.kind === 'taken') takers.push(id);
        },
      );
    };
    for (const name of ['a', 'b', 'c']) ask(name);
    simulation.always(() => (takers.length > 1 ? `taken by ${takers.join(' and ')}` : undefined));
  });
}

describe('a claim taken through the real adapter', () => {
  it('is never taken twice, in any of many seeds', async () => {
    const failed: Report[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const report = await race({ seed, faults: randomFaults(seed, swarm(seed, RATES)) });
      if (report.failure !== undefined) failed.push(report);
    }
    expect(failed.map((report) => story(report))).toEqual([]);
  });

  it('is never taken twice, whichever two of those who ask die where', async () => {
    const { runs, failures } = await everyPair((faults) => race({ faults, listsKillPoints: true }));
    expect(failures.map((report) => story(report))).toEqual([]);
    expect(runs).toBeGreaterThan(50);
  });
});

describe('a write of the simulation', () => {
  const lost = (attempt: number): Fault => ({
    ...{ at: `p dynamodb.PutItem#${attempt}`, kind: 'dynamodb-lost-before', amount: 0 },
  });
  const killed: Fault = { at: 'p#2', kind: 'kill-before', amount: 0 };

  it.each<[string, readonly Fault[], string | undefined, number]>([
    ['is sent again when it did not arrive', [lost(1), lost(2)], 'done', 1],
    ['fails when none of its three attempts arrives', [lost(1), lost(2), lost(3)], 'failed', 0],
    ['is not sent again by who has died', [lost(1), killed], undefined, 0],
  ])('%s', async (_, faults, expected, rows) => {
    let ended: string | undefined;
    const { failure } = await simulate(
      { seed: 1, forMs: HOUR_MS, faults: listedFaults(faults) },
      (simulation) => {
        const { model, clientOf } = dynamoDb(simulation, productTables(NAMES));
        const process = simulation.spawn('p', { isMortal: true, onDeath: () => {} });
        const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
        process.start(
          () => clientOf(process).send(new PutItemCommand({ TableName: 'state', Item })),
          ({ kind }) => {
            ended = kind;
          },
        );
        simulation.atEnd(() => (model.size.rows === rows ? undefined : `${model.size.rows} rows`));
      },
    );
    expect([failure, ended]).toEqual([undefined, expected]);
  });
});
