import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '../../lib/app/audit.ts';
import { signHeads } from '../../lib/app/audit-digests.ts';
import { chainEnd } from '../../lib/app/audit-end.ts';
import { verifyAudit } from '../../lib/app/audit-verify.ts';
import {
  type AuditEntry,
  EMPTY_CHAIN,
  entryAfter,
  entryText,
  hashOf,
  placeInTime,
  sortablePlace,
} from '../../lib/domain/audit.ts';
import { NO_DIGEST } from '../../lib/domain/audit-digest.ts';
import { chainOf, draft, headOf, TENANT } from '../domain/audit-chains.ts';
import { fakeDigestKey } from '../fakes/stores-audit.ts';
import { fakeRandom, fakeTelemetry } from '../fakes/world.ts';
import { NO_WEAKNESSES } from '../simulation/dynamodb/weaknesses.ts';
import { modelWorld, TABLE_NAMES } from '../simulation/dynamodb/world.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn, type World } from './stand-ins.ts';

const CHAIN = chainOf(7);
const LAST_MS = Date.parse(CHAIN.at(-1)?.at ?? '');
const NOW_MS = LAST_MS + 1_800_000;
const PLANTED_EACH = 100;
const IN_THE_WAY = 2_500;
const { digestKey, digestSigner } = fakeDigestKey(LAST_MS);

interface Table {
  readonly world: Pick<World, 'stores'>;
  readonly db: DynamoDBClient;
  /** The state's; that of the audit log is beside it. */
  readonly state: string;
}

type Row = Readonly<Record<string, unknown>>;

/** The row as the product stores it; `change` is what somebody does to it. */
function rowOf(entry: AuditEntry, change: Row = {}): Row {
  return {
    ...{ pk: `AUDIT#${entry.tenant}`, sk: sortablePlace(entry.seq), doc: entryText(entry) },
    ...{ tmPk: 'AUDIT', tmSk: placeInTime(entry), ...change },
  };
}

const third = CHAIN[2] as AuditEntry;
const forged = (change: Partial<AuditEntry>): AuditEntry => {
  const entry = { ...third, action: 'forged.entry', ...change };
  return { ...entry, hash: hashOf(entry) };
};
const zeroth = forged({ seq: 0 });
const ghost = (n = 0, atMs = LAST_MS) =>
  entryAfter(EMPTY_CHAIN, draft(900 + n, { tenant: `ghost-${n}`, action: 'forged.entry' }), atMs);

/** What is planted; what the verification says of which chain; whether a list may still show it. */
const WAYS: readonly (readonly [string, Row, chain: string, kind: string])[] = [
  ['at place 0', rowOf(zeroth), TENANT, 'moved'],
  ...['0', '-1', ' ', '00000000000', '000000000000\u0001'].map(
    (sk) => [`before the first, ${sk}`, rowOf(zeroth, { sk }), TENANT, 'moved'] as const,
  ),
  ...['000000000003a', '000000000003#', 'zzz', '~~', '\u{10ffff}', '99999999999x'].map(
    (sk) => [`at ${sk}`, rowOf(forged({}), { sk }), TENANT, 'moved'] as const,
  ),
  ['far behind the last', rowOf(forged({ seq: 999_999_999_999 })), TENANT, 'missing'],
  ['an entry that is not listed', rowOf(third, { tmPk: '-', tmSk: '-' }), TENANT, 'edited'],
  ['an entry that is listed at another time', rowOf(third, { tmSk: '1970' }), TENANT, 'edited'],
  ['one of another hash', rowOf({ ...third, action: 'forged.entry' }), TENANT, 'edited'],
  [
    'one that names another place',
    rowOf(forged({ seq: 9 }), { sk: '000000000003' }),
    TENANT,
    'moved',
  ],
  [
    'one that names another chain',
    rowOf(forged({ tenant: 'x' }), { pk: `AUDIT#${TENANT}` }),
    TENANT,
    'moved',
  ],
  ['a chain without a head', rowOf(ghost()), 'ghost-0', 'unanchored'],
  ['that of a time to come', rowOf(ghost(0, NOW_MS + 10 * 86_400_000)), 'ghost-0', 'unanchored'],
  ['a false chain without a head', rowOf(forged({ tenant: 'ghost-1' })), 'ghost-1', 'missing'],
  ['a row of no chain', rowOf(forged({}), { pk: 'OTHER#ghost', sk: 'x' }), 'OTHER#ghost', 'moved'],
  ['a row of a chain without a name', rowOf(forged({}), { pk: 'AUDIT#' }), 'AUDIT#', 'moved'],
  ['a row among the digests', rowOf(forged({}), { pk: 'AUDIT-DIGESTS' }), 'AUDIT-DIGESTS', 'moved'],
];

async function filled(table: Table): Promise<Table> {
  const { auditTrail } = table.world.stores;
  for (const entry of CHAIN) await auditTrail.append(entry);
  await auditTrail.moveAnchor(TENANT, undefined, headOf(CHAIN));
  return table;
}

async function plant({ db, state }: Table, row: Row): Promise<void> {
  const TableName = state.replace(/state$/, 'audit');
  await db.send(new PutItemCommand({ TableName, Item: marshall(row) }));
}

/** All pages of a verification of all chains. */
async function verified({ world }: Table) {
  const { stores } = world;
  const deps = { ...stores, digestKey, clock: { nowMs: () => NOW_MS } };
  const principal = { keyId: 'key_1', name: 'admin', scopes: ['admin'] } as const;
  const { chains, next } = await verifyAudit(deps, { principal }, {}, undefined);
  expect(next).toBeUndefined();
  return chains.filter(({ problem }) => problem !== null);
}

const listed = async ({ world }: Table, tenant?: string) =>
  await world.stores.auditTrail.list({
    ...{ limit: 50, matches: () => true, ...(tenant !== undefined && { tenant }) },
  });

function findsAll(open: () => Promise<Table>): void {
  it('finds nothing where nobody was', async () => {
    const table = await filled(await open());
    expect(await verified(table)).toEqual([]);
    expect(await listed(table)).toMatchObject({ items: { length: 7 }, broken: 0 });
  });

  it.each(WAYS)('finds %s', async (_, row, chain, kind) => {
    const table = await filled(await open());
    await plant(table, row);
    const [first, ...more] = await verified(table);
    expect([first?.tenant, first?.problem?.kind, more]).toEqual([chain, kind, []]);
    // What agrees with itself is shown: only the chain, or the head that is not there, tells.
    const isShown = kind === 'unanchored' || kind === 'missing';
    for (const tenant of [undefined, TENANT]) {
      const { items } = await listed(table, tenant);
      const planted = items.filter(({ action }) => action === 'forged.entry');
      expect(planted.length, `${tenant}`).toBe(isShown && (tenant ?? chain) === chain ? 1 : 0);
      expect(items.length).toBeGreaterThanOrEqual(6);
    }
    // Nor is it in anybody's way.
    const isLast = row.sk === '999999999999';
    const end = await table.world.stores.auditTrail.end(TENANT);
    expect(end.seq).toBe(isLast ? 999_999_999_999 : 7);
    expect((await chainEnd(table.world.stores.auditTrail, TENANT)).seq).toBe(7);
  });

  it('lets changes and signing go on past a row at the last place of all', async () => {
    const table = await filled(await open());
    const { stores } = table.world;
    let nowMs = NOW_MS;
    const deps = {
      ...{ ...stores, digestSigner, telemetry: fakeTelemetry(), random: fakeRandom() },
      clock: { nowMs: () => nowMs, sleep: () => expect.fail('A race was lost.') },
    };
    const tick = async () => {
      nowMs += 300_000;
      await signHeads(deps, () => false);
      return (await stores.auditDigests.signedOf(TENANT))?.seq;
    };
    expect(await tick()).toBe(7);
    const sk = '999999999999';
    await plant(table, rowOf(forged({ seq: Number(sk) })));
    await plant(table, { pk: 'AUDIT-DIGESTS', sk, doc: 'x' });
    for (const seq of [8, 9]) {
      const { id: _, requestId: __, sourceIp: ___, ...said } = draft(seq);
      expect((await auditLog(deps).event(said)).seq).toBe(seq);
      expect(await tick()).toBe(seq);
    }
    expect(deps.telemetry.counts.size).toBe(0);
  });

  it('counts rows that a list leaves out', async () => {
    const table = await filled(await open());
    await plant(table, rowOf(forged({}), { pk: 'OTHER#ghost' }));
    await plant(table, rowOf(third, { tmSk: `${NOW_MS}` }));
    expect((await listed(table)).broken).toBe(2);
    expect((await listed(table, TENANT)).broken).toBe(0);
  });

  it('takes a chain that has just begun for no chain that somebody has planted', async () => {
    const table = await filled(await open());
    const trail = table.world.stores.auditTrail;
    await trail.append(ghost(1, NOW_MS - 1_000));
    await trail.append(ghost(2));
    await trail.moveAnchor('ghost-2', undefined, headOf([ghost(2)]));
    expect(await verified(table)).toEqual([]);
  });
}

describe('the verification, on the model of DynamoDB', () => {
  const open = async (): Promise<Table> => {
    const world = modelWorld({ weaknesses: NO_WEAKNESSES });
    return { world, db: world.model.client, state: TABLE_NAMES.state };
  };
  findsAll(open);

  it('lets changes and signing go on past thousands of rows without a place', async () => {
    const table = await filled(await open());
    const { auditTrail } = table.world.stores;
    for (let n = 0; n < IN_THE_WAY; n++) {
      await plant(table, { pk: `AUDIT#${TENANT}`, sk: `000000000007x${n}`, doc: 'x' });
      await plant(table, { pk: 'AUDIT-DIGESTS', sk: `000000000007x${n}`, doc: 'x' });
    }
    expect((await chainEnd(auditTrail, TENANT)).seq).toBe(7);
    expect(await auditTrail.read(TENANT, 8, 1)).toEqual([]);
    expect(await auditTrail.read(TENANT, 7, 2)).toMatchObject([{ place: 7 }]);
    expect(await table.world.stores.auditDigests.end()).toEqual(NO_DIGEST);
    await auditTrail.append(entryAfter(await auditTrail.end(TENANT), draft(8), NOW_MS));
    expect(await auditTrail.read(TENANT, 7, 2)).toMatchObject([{ place: 7 }, { place: 8 }]);
  });

  it(`finds each of ${PLANTED_EACH} chains without a head, and each row of no chain`, async () => {
    const table = await filled(await open());
    const planted = Array.from({ length: PLANTED_EACH }, (_, n) => n);
    for (const n of planted) await plant(table, rowOf(ghost(n)));
    for (const n of planted) await plant(table, rowOf(ghost(n), { pk: `NO#${n}` }));
    const found = (await verified(table)).map(({ tenant, problem }) => [tenant, problem?.kind]);
    const wanted = planted.flatMap((n) => [
      [`ghost-${n}`, 'unanchored'],
      [`NO#${n}`, 'moved'],
    ]);
    expect(found.toSorted()).toEqual(wanted.toSorted());
  });
});

describe.each(STAND_INS)('the verification, on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());
    findsAll(async () => {
      const world = await standIn.world();
      return { world, db: world.db, state: world.tables.state };
    });
  });
});
