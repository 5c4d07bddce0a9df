import type { Delivery } from '../../domain/delivery.ts';
import { shardOf } from '../../domain/ids.ts';
import { sortableMs } from './table.ts';

/** Where an event stands in its tenant's timeline. */
export function eventIndexKeys(tenant: string, eventId: string, acceptedAtMs: number) {
  return {
    tlPk: `E#${tenant}#${shardOf(eventId)}`,
    tlSk: `${sortableMs(acceptedAtMs)}#${eventId}#${tenant}`,
  };
}

/** Where a delivery stands in the indexes: what is final is not due, what arrived has no status. */
export function deliveryIndexKeys(delivery: Delivery) {
  const { tenant, eventId, integrationId, acceptedAtMs, state } = delivery;
  const shard = shardOf(eventId);
  const accepted = `${sortableMs(acceptedAtMs)}#${eventId}`;
  return {
    tlPk: `D#${integrationId}#${shard}`,
    tlSk: accepted,
    ...(state.status !== 'delivered' && {
      stPk: `${tenant}#${state.status}#${shard}`,
      stSk: `${accepted}#${integrationId}`,
    }),
    ...dueKeys(delivery, shard),
  };
}

function dueKeys({ state, integrationId, acceptedAtMs }: Delivery, shard: number) {
  switch (state.status) {
    case 'queued':
    case 'waiting':
      return { duPk: `DUE#${shard}`, duSk: state.dueAtMs };
    case 'delivering':
      return { duPk: `DUE#${shard}`, duSk: state.leaseUntilMs };
    case 'held':
      return { duPk: `HELD#${integrationId}#${shard}`, duSk: acceptedAtMs };
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return {};
  }
}
