import type { Random } from './ports.ts';

const OWNER_BYTES = 9;
const INSTANCE_BYTES = 6;

/** Whoever holds a lease, a place or a turn: no two are the same. */
export function ownerName(random: Pick<Random, 'bytes'>): string {
  return Buffer.from(random.bytes(OWNER_BYTES)).toString('base64url');
}

/** A function instance, for as long as it lives. */
export function instanceName(random: Pick<Random, 'bytes'>): string {
  return Buffer.from(random.bytes(INSTANCE_BYTES)).toString('base64url');
}
