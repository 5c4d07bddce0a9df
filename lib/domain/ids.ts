import { createHash } from 'node:crypto';

/** Ids carry their type as a prefix and sort by time of creation. */
export type IntegrationId = `int_${string}`;
export type SourceId = `src_${string}`;
export type KeyId = `key_${string}`;
export type JobId = `job_${string}`;
export type AttemptId = `att_${string}`;
export type DeliveryId = `dlv_${string}`;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ULID = '[0-9a-hjkmnp-tv-z]{26}';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/** Random bytes that one id takes. */
export const ID_RANDOM_BYTES = 10;

/** A lower-case ULID (github.com/ulid/spec): 48 bits of milliseconds, then 80 random bits. */
export function ulid(atMs: number, random: Uint8Array): string {
  let bits = 0n;
  for (const byte of random.subarray(0, ID_RANDOM_BYTES)) bits = (bits << 8n) | BigInt(byte);
  return encode(BigInt(atMs), TIME_CHARS) + encode(bits, RANDOM_CHARS);
}

/** When the id was made, in milliseconds; undefined for a text that is no ULID. */
export function timeOfUlid(id: string): number | undefined {
  if (!new RegExp(`^${ULID}$`).test(id)) return undefined;
  let ms = 0;
  for (const char of id.slice(0, TIME_CHARS)) ms = ms * 32 + ALPHABET.indexOf(char);
  return ms;
}

function encode(value: bigint, chars: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < chars; i++) {
    text = (ALPHABET[Number(rest & 31n)] ?? '') + text;
    rest >>= 5n;
  }
  return text;
}

/** What every event id must look like, a caller's own included: it is signed, so it has no dot. */
export const EVENT_ID = /^[A-Za-z0-9_-]{1,128}$/;
const GENERATED_EVENT_ID = new RegExp(`^evt_${ULID}$`);

/**
 * The id of the delivery of one event to one integration: derived from both, so that every step
 * may be repeated, and readable back, so that looking it up needs no index.
 */
export function deliveryId(
  eventId: string,
  acceptedAtMs: number,
  integration: IntegrationId,
): DeliveryId {
  const target = integration.slice(4);
  if (GENERATED_EVENT_ID.test(eventId)) return `dlv_${eventId.slice(4)}${target}`;
  return `dlv_${encode(BigInt(acceptedAtMs), TIME_CHARS)}${target}_${eventId}`;
}

const OF_GENERATED = new RegExp(`^dlv_(${ULID})(${ULID})$`);
const OF_OWN = new RegExp(
  `^dlv_[0-9a-hjkmnp-tv-z]{${TIME_CHARS}}(${ULID})_([A-Za-z0-9_-]{1,128})$`,
);

/** The event and the integration that a delivery id names, undefined if it is none. */
export function parseDeliveryId(
  id: string,
): { readonly eventId: string; readonly integrationId: IntegrationId } | undefined {
  const generated = OF_GENERATED.exec(id);
  if (generated) return { eventId: `evt_${generated[1]}`, integrationId: `int_${generated[2]}` };
  const own = OF_OWN.exec(id);
  if (own) return { eventId: own[2] ?? '', integrationId: `int_${own[1]}` };
  return undefined;
}

export function isIntegrationId(text: string): text is IntegrationId {
  return new RegExp(`^int_${ULID}$`).test(text);
}

export function isSourceId(text: string): text is SourceId {
  return new RegExp(`^src_${ULID}$`).test(text);
}

export function isKeyId(text: string): text is KeyId {
  return new RegExp(`^key_${ULID}$`).test(text);
}

export function isJobId(text: string): text is JobId {
  return new RegExp(`^job_${ULID}$`).test(text);
}

/** How many partitions a busy timeline is spread over; a partition takes 1,000 writes a second. */
export const SHARDS = 8;

/** The shard that an event and its deliveries belong to, the same for ever (FNV-1a). */
export function shardOf(eventId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < eventId.length; i++) {
    hash = Math.imul(hash ^ eventId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}

/** SHA-256 as base64url: equal contents have equal fingerprints. */
export function fingerprint(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url');
}
