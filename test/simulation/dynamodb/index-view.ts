import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Agenda, agenda } from './agenda.ts';
import { writeUnits } from './capacity.ts';
import { type Place, type Shelf, shelf } from './shelf.ts';
import type { IndexSpec, KeySpec } from './table-spec.ts';
import { areItemsEqual, bytesOfItem, type Item, keyToken } from './values.ts';

/** One row as an index holds it. */
export interface Entry extends Place {
  readonly item: Item;
  readonly bytes: number;
}

interface Change {
  readonly place: Place;
  readonly entry: Entry | undefined;
}

/** An index that follows its table late; each row's changes come in order, but not at once. */
export interface IndexView {
  readonly spec: IndexSpec;
  readonly shelf: Shelf;
  readonly pending: Agenda<Change>;
  /** What an item is in this index; undefined where it lacks a key of it. */
  entryOf(item: Item): Entry | undefined;
  /** Notes a change of the table, and says what it costs. */
  follow(before: Entry | undefined, after: Entry | undefined, nowMs: number): number;
  /** Brings in what has arrived by now. */
  settle(nowMs: number): void;
}

export function indexView(
  spec: IndexSpec,
  table: KeySpec,
  weakness: { readonly lagMs: (row: string) => number; readonly staleMs: number },
): IndexView {
  const rows = shelf(weakness.staleMs);
  const pending = agenda<Change>();
  /** When the last change of a row arrives: none of its later ones does so earlier. */
  const arrivals = new Map<string, number>();
  const names = [table.partition, table.sort, spec.partition, spec.sort].map((key) => key?.name);
  const kept = spec.project === 'all' ? undefined : [...new Set([...names, ...spec.project])];

  const apply = ({ place, entry }: Change, atMs: number) => {
    rows.set(place, { item: entry?.item, bytes: entry?.bytes ?? 0 }, atMs);
  };
  const plan = (change: Change, nowMs: number): number => {
    const earliestMs = arrivals.get(change.place.tie) ?? 0;
    const atMs = Math.max(nowMs + weakness.lagMs(`${spec.name} ${change.place.tie}`), earliestMs);
    if (atMs <= nowMs) apply(change, nowMs);
    else pending.plan(atMs, change);
    return atMs;
  };

  return {
    spec,
    shelf: rows,
    pending,
    entryOf: (item) => entryOf(item, spec, table, kept),

    follow(before, after, nowMs) {
      if (before === undefined && after === undefined) return 0;
      const moves = before !== undefined && (after === undefined || !isSamePlace(before, after));
      if (!moves && before !== undefined && after !== undefined) {
        if (areItemsEqual(before.item, after.item)) return 0;
      }
      // An entry that moves goes from one partition and comes to another at times of their own: it
      // may be seen at both, or at neither.
      const times = [
        moves ? plan({ place: before, entry: undefined }, nowMs) : nowMs,
        after === undefined ? nowMs : plan({ place: after, entry: after }, nowMs),
      ];
      const lastMs = Math.max(...times);
      const { tie } = after ?? before ?? { tie: '' };
      if (lastMs > nowMs) arrivals.set(tie, lastMs);
      if (moves)
        return writeUnits(before.bytes) + (after === undefined ? 0 : writeUnits(after.bytes));
      return writeUnits(Math.max(before?.bytes ?? 0, after?.bytes ?? 0));
    },

    settle(nowMs) {
      for (let due = pending.take(nowMs); due !== undefined; due = pending.take(nowMs)) {
        apply(due.what, due.atMs);
        const { tie } = due.what.place;
        if ((arrivals.get(tie) ?? 0) <= due.atMs) arrivals.delete(tie);
      }
    },
  };
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.partition === b.partition && a.sort === b.sort;
}

function entryOf(
  item: Item,
  spec: IndexSpec,
  table: KeySpec,
  kept: readonly (string | undefined)[] | undefined,
): Entry | undefined {
  const partition = item[spec.partition.name];
  const sort = spec.sort && item[spec.sort.name];
  if (partition === undefined || (spec.sort !== undefined && sort === undefined)) return undefined;
  const found = kept === undefined ? item : partOf(item, kept);
  return {
    partition: keyToken(partition),
    sort: sort === undefined ? '' : keyToken(sort),
    tie: tieOf(item, table),
    item: found,
    bytes: bytesOfItem(found),
  };
}

function partOf(item: Item, names: readonly (string | undefined)[]): Item {
  const part: Record<string, AttributeValue> = {};
  for (const name of names) {
    const value = name === undefined ? undefined : item[name];
    if (name !== undefined && value !== undefined) part[name] = value;
  }
  return part;
}

/** Rows with equal sort keys come in an order that says nothing: not that of the table. */
export function tieOf(item: Item, { partition, sort }: KeySpec): string {
  const [one, two] = [item[partition.name], sort && item[sort.name]];
  const keys = `${one === undefined ? '' : keyToken(one)}\0${two === undefined ? '' : keyToken(two)}`;
  return `${hashOf(keys)}${keys}`;
}

/** FNV-1a, as seven characters. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(36).padStart(7, '0');
}
