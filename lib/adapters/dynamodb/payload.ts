import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { EventRef } from '../../app/ports-history.ts';
import { type PackedText, packText, unpackText } from './codec.ts';
import { readAll, startingWith } from './ranges.ts';
import { type Item, put, type Store } from './store.ts';
import { keys } from './table.ts';

/** The largest body that lives in the event's own row, as stored; longer ones are cut up. */
const PART_BYTES_MAX = 300 * 1024;
const PARTS_MAX = 8;
const DIGEST_CHARS = 22;
/** Parts outlive the event: a second publish of the same content shares them. */
const EXTRA_TTL_SECONDS = 86_400;

export interface Payload {
  /** What the event's row says about its body. */
  readonly attributes: Item;
  readonly parts: readonly Part[];
}

interface Part {
  readonly digest: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A body as it is stored: in the row, or named there by digest and number of parts. */
export function packPayload(body: string): Payload {
  const packed = packText(body);
  if (Buffer.byteLength(packed) <= PART_BYTES_MAX) return { attributes: { bd: packed }, parts: [] };

  const bytes = typeof packed === 'string' ? deflateRawSync(body) : packed;
  const digest = digestOf(bytes);
  const count = Math.ceil(bytes.byteLength / PART_BYTES_MAX);
  if (count > PARTS_MAX) throw new Error(`A body of ${bytes.byteLength} bytes cannot be stored.`);
  const parts = Array.from({ length: count }, (_, i) => ({
    digest,
    number: i + 1,
    bytes: bytes.subarray(i * PART_BYTES_MAX, (i + 1) * PART_BYTES_MAX),
  }));
  return { attributes: { pc: count, pd: digest }, parts };
}

/** Puts the parts; without the event's row nobody sees them. */
export async function putParts(
  store: Store,
  event: EventRef,
  parts: readonly Part[],
  ttl: number,
): Promise<void> {
  await Promise.all(
    parts.map(({ digest, number, bytes }) =>
      put(store, keys.payload(event.tenant, event.eventId, digest, number), {
        bd: bytes,
        ttl: ttl + EXTRA_TTL_SECONDS,
      }),
    ),
  );
}

interface PayloadRow {
  readonly pk: string;
  readonly bd?: PackedText;
  readonly pc?: number;
  readonly pd?: string;
}

/** The body that an event's row holds or names. */
export async function unpackPayload(store: Store, item: Item): Promise<string> {
  const { pk, bd, pc = 0, pd = '' } = item as unknown as PayloadRow;
  if (bd !== undefined) return unpackText(bd);

  const [low, high] = startingWith(`P#${pd}#`);
  const rows = await readAll(store.db, {
    table: store.table,
    partition: ['pk', pk],
    sort: ['sk', low, high],
    order: 'ascending',
    consistent: true,
  });
  const bytes = Buffer.concat(rows.slice(0, pc).map((row) => row.bd as Uint8Array));
  if (rows.length < pc || digestOf(bytes) !== pd) {
    throw new Error(`${pk}: the body is damaged: ${rows.length} of ${pc} parts, digest ${pd}.`);
  }
  return unpackText(bytes);
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, DIGEST_CHARS);
}
