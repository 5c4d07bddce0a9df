import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Breakers } from '../../app/ports-outage.ts';
import type { BreakerRef } from '../../domain/breaker.ts';
import { readBoard } from './board.ts';
import { readBreakerHistory, recordTransition } from './breaker-history.ts';
import {
  boardKeys,
  breakerOf,
  leaseText,
  OFF_THE_BOARD,
  setOnceOf,
  transitionChanges,
  UNWATCHED,
} from './breaker-item.ts';
import { breakerReports } from './breaker-reports.ts';
import { breakerConditions } from './outage-conditions.ts';
import {
  getItem,
  type Item,
  isMarked,
  type Store,
  type StoreOptions,
  WRITE_BYTES,
} from './store.ts';
import { keys, type Tables } from './table.ts';
import { updateIf } from './update.ts';

/** Each race is lost to a report, a pause or the like that came between. */
const RACES_MAX = 4;

/** Breakers in DynamoDB: one row each, changed in place under conditions. It decides nothing. */
export function dynamoBreakers(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'clock' | 'random'>,
): Breakers {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    board: () => readBoard(db, tables),

    async load(ref) {
      const row = await getItem(store, keys.breaker(ref));
      return row === undefined ? undefined : breakerOf(row);
    },

    report: breakerReports(store),

    async move(next) {
      const key = keys.breaker(next);
      const write = store.random.bytes(WRITE_BYTES);
      const { set, ...changes } = transitionChanges(next);
      const marked = { ...changes, set: { ...set, w: write } };
      const row = await updateIf(store, key, marked, breakerConditions.isBefore(next.version));
      if (row !== undefined) return 'moved';
      return isMarked(await getItem(store, key), write) ? 'moved' : 'stale';
    },

    async lease(ref, seen, lease) {
      const key = keys.breaker(ref);
      const text = leaseText(lease);
      const add = { hl: new Set([text]) };
      const row = await updateIf(store, key, { add }, breakerConditions.hasRoom(seen));
      // Refused because of itself: nobody else has this lease.
      const taken = row !== undefined || holds(await getItem(store, key), seen.version, text);
      return taken ? 'taken' : 'refused';
    },

    async clear(ref, version, leases) {
      if (leases.length === 0) return;
      const take = { hl: new Set(leases.map(leaseText)) };
      const condition = breakerConditions.isHalfOpen(version);
      await updateIf(store, keys.breaker(ref), { take }, condition);
    },

    async settle(ref, version, lease, outcome) {
      const key = keys.breaker(ref);
      const text = leaseText(lease);
      const write = store.random.bytes(WRITE_BYTES);
      const changes = { set: { sw: write }, add: ADDED[outcome], take: { hl: new Set([text]) } };
      const condition = breakerConditions.holdsLease(version, text);
      const row = await updateIf(store, key, changes, condition);
      if (row !== undefined) return breakerOf(row);
      const standing = await getItem(store, key);
      return standing !== undefined && isMarked(standing, write, 'sw')
        ? breakerOf(standing)
        : 'late';
    },

    pause: (ref, notBeforeMs) => mark(store, ref, 'nb', notBeforeMs),

    async pauseSeen(ref, notBeforeMs) {
      const condition = breakerConditions.isPausedUntil(notBeforeMs);
      await updateIf(store, keys.breaker(ref), { set: { nb: undefined } }, condition);
    },

    linger: (ref, slowUntilMs) => mark(store, ref, 'su', slowUntilMs),

    async reject(ref, count) {
      if (count === 0) return;
      const key = keys.breaker(ref);
      await updateIf(store, key, { add: { tr: count } }, breakerConditions.exists);
    },

    async calm(breaker) {
      const set = { ...UNWATCHED, ...OFF_THE_BOARD, nb: undefined, su: undefined };
      const condition = breakerConditions.isWellStill(breaker);
      await updateIf(store, keys.breaker(breaker), { set }, condition);
    },

    published: (ref, version) => publish(store, ref, version),

    record: (ref, transition) => recordTransition(store, ref, transition),

    history: (ref, query) => readBreakerHistory(store, options.clock, ref, query),
  };
}

/** What a probe's result adds to. */
const ADDED = {
  success: { hs: 1, tc: 1 },
  failure: { hf: 1, tc: 1, tf: 1 },
  neutral: {},
} as const;

function holds(row: Item | undefined, version: number, lease: string): boolean {
  return row?.v === version && row.hl instanceof Set && row.hl.has(lease);
}

/** A time that only moves ahead, on a breaker that is then on the board, whatever its state. */
async function mark(
  store: Store,
  ref: BreakerRef,
  attribute: 'nb' | 'su',
  ms: number,
): Promise<void> {
  const set = { ...boardKeys(ref), [attribute]: ms };
  const condition = breakerConditions.isEarlier(attribute, ms);
  await updateIf(store, keys.breaker(ref), { set, setOnce: setOnceOf(ref) }, condition);
}

/** Takes it off the board too if this was all that kept it there. */
async function publish(store: Store, ref: BreakerRef, version: number): Promise<void> {
  const key = keys.breaker(ref);
  for (let race = 0; race < RACES_MAX; race++) {
    const row = await getItem(store, key);
    if (row === undefined || row.v !== version || row.up === undefined) return;
    const isQuiet =
      row.st === 'C' && row.sus === undefined && row.nb === undefined && row.su === undefined;
    const done = isQuiet
      ? await updateIf(
          store,
          key,
          { set: { up: undefined, ...OFF_THE_BOARD } },
          breakerConditions.isOnlyUnpublished(version),
        )
      : await updateIf(
          store,
          key,
          { set: { up: undefined } },
          breakerConditions.isUnpublished(version),
        );
    if (done !== undefined) return;
  }
  throw new Error(`A breaker changed ${RACES_MAX} times while it was being published.`);
}
