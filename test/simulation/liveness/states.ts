import type { Item } from '../dynamodb/values.ts';
import type { Product } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import { type RowKind, rowKindOf } from '../versions/rows.ts';

/** What can be in the middle of something when all that drives it is gone. */
export const STATES = [
  ...['queued', 'waiting', 'held', 'delivering', 'held, leased'],
  ...['breaker suspect', 'breaker open', 'breaker half-open', 'probe leased'],
  ...['drain', 'sweep', 'job', 'line', 'line locked', 'unattempted'],
  ...['doorbell', 'token', 'dead letter'],
] as const;
export type State = (typeof STATES)[number];

/** All that is under way now. */
export function statesOf(product: Product): ReadonlySet<State> {
  const nowMs = product.simulation.nowMs();
  const found = new Set<State>();
  const rows = [...rowsOf(product, 'history'), ...rowsOf(product, 'state')];
  const begun = new Set(rows.filter(([kind]) => kind === 'delivery').map(([, { pk }]) => pk?.S));
  for (const [kind, row] of rows) {
    const state = stateOf(kind, row, nowMs);
    if (state !== undefined) found.add(state);
    if (kind === 'breaker' && row.hl !== undefined) found.add('probe leased');
    if (kind === 'delivery' && Number(row.lu?.N) > nowMs) found.add('held, leased');
    if (kind === 'event' && row.tg !== undefined && !begun.has(row.pk?.S)) found.add('unattempted');
  }
  const { queues, deadLetters } = product;
  const isFull = ({ counts }: (typeof queues)['work']) => {
    const { visible, inFlight, delayed } = counts();
    return visible + inFlight + delayed > 0;
  };
  if ([queues.delivery, queues.slow, queues.drain].some(isFull)) found.add('doorbell');
  if (isFull(queues.work)) found.add('token');
  if (Object.values(deadLetters).some(isFull)) found.add('dead letter');
  return found;
}

export function rowsOf(
  { db }: Product,
  table: keyof typeof TABLE_NAMES,
): readonly (readonly [RowKind, Item])[] {
  const name = TABLE_NAMES[table];
  return [...(db.model.tables.get(name)?.rows() ?? [])].map(
    (row) => [rowKindOf(name, row.pk?.S ?? '', row.sk?.S ?? ''), row] as const,
  );
}

const BREAKERS: Readonly<Record<string, State>> = {
  O: 'breaker open',
  F: 'breaker open',
  H: 'breaker half-open',
};
const PENDING: Readonly<Record<string, State>> = {
  queued: 'queued',
  waiting: 'waiting',
  held: 'held',
  delivering: 'delivering',
};

function stateOf(kind: RowKind, row: Item, nowMs: number): State | undefined {
  switch (kind) {
    case 'delivery':
      return PENDING[row.st?.S ?? ''];
    case 'breaker':
      return BREAKERS[row.st?.S ?? ''] ?? (row.sus === undefined ? undefined : 'breaker suspect');
    case 'drain':
    case 'sweep':
      return kind;
    case 'job-mark':
      return 'job';
    case 'place':
      return 'line';
    case 'line-lock':
      return Number(row.lu?.N) > nowMs ? 'line locked' : undefined;
    default:
      return undefined;
  }
}
