import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ATTEMPTS_KEPT_MAX, type Attempt } from '../../domain/delivery.ts';
import type { IntegrationId } from '../../domain/ids.ts';

/** A text as it is stored: plain, or deflated where that is smaller. */
export type PackedText = string | Uint8Array;

export function packText(text: string): PackedText {
  const deflated = deflateRawSync(text);
  return deflated.byteLength < Buffer.byteLength(text) ? deflated : text;
}

/** More than any text that was packed: a damaged row must not fill the memory. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;

export function unpackText(packed: PackedText): string {
  if (typeof packed === 'string') return packed;
  return inflateRawSync(packed, { maxOutputLength: TEXT_BYTES_MAX }).toString();
}

/** Bytes as they are stored: deflated where that is smaller. */
export interface PackedBytes {
  readonly bytes: Uint8Array;
  readonly isDeflated: boolean;
}

export function packBytes(bytes: Uint8Array): PackedBytes {
  const deflated = deflateRawSync(bytes);
  const isDeflated = deflated.byteLength < bytes.byteLength;
  return { bytes: isDeflated ? deflated : bytes, isDeflated };
}

/** Refuses to inflate beyond `bytesMax`. */
export function unpackBytes({ bytes, isDeflated }: PackedBytes, bytesMax: number): Uint8Array {
  return isDeflated ? inflateRawSync(bytes, { maxOutputLength: bytesMax }) : bytes;
}

const ULID_CHARS = 26;
const INTEGRATION_PREFIX = 'int_';

/** Integration ids without prefix or separator: thousands of them fit into one row. */
export function packTargets(ids: readonly IntegrationId[]): string {
  const packed = ids.map((id) => id.slice(INTEGRATION_PREFIX.length)).join('');
  if (packed.length !== ids.length * ULID_CHARS) {
    throw new Error(`Not all of these are integration ids: ${ids.join(', ')}`);
  }
  return packed;
}

export function unpackTargets(packed: string): IntegrationId[] {
  return Array.from({ length: packed.length / ULID_CHARS }, (_, i): IntegrationId => {
    return `int_${packed.slice(i * ULID_CHARS, (i + 1) * ULID_CHARS)}`;
  });
}

/** A row holds 400 KB; keys and the rest of a delivery take a few of them. */
const ATTEMPTS_BYTES_MAX = 340 * 1024;
/** What the answers of all attempts may take together. */
const ANSWERS_BYTES_MAX = 200 * 1024;

/**
 * The attempts as they are stored, the newest `ATTEMPTS_KEPT_MAX` of them. Where their answers
 * together would not fit into the row, the oldest attempts lose headers and body first.
 */
export function packAttempts(attempts: readonly Attempt[]): PackedText {
  const kept: string[] = [];
  let bytes = 2;
  for (const attempt of attempts.slice(-ATTEMPTS_KEPT_MAX).reverse()) {
    const whole = JSON.stringify(attempt);
    const fits = bytes + Buffer.byteLength(whole) < ANSWERS_BYTES_MAX;
    const json = fits
      ? whole
      : JSON.stringify({ ...attempt, responseHeaders: {}, responseBody: '' });
    bytes += Buffer.byteLength(json) + 1;
    if (bytes > ATTEMPTS_BYTES_MAX) break;
    kept.push(json);
  }
  return packText(`[${kept.reverse().join(',')}]`);
}

export function unpackAttempts(packed: PackedText): Attempt[] {
  return JSON.parse(unpackText(packed)) as Attempt[];
}
