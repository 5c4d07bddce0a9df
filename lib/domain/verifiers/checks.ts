import { timingSafeEqual } from 'node:crypto';
import type { InboundRequest, Rejected, RejectReason, Verification, Verified } from '../source.ts';

/** What the checks of the four fixed formats are told. */
export type FixedFormat = Extract<
  Verification,
  { readonly provider: 'standard-webhooks' | 'svix' | 'github' | 'stripe' }
>;

export const SIGNATURE_HEADER_CHARS_MAX = 4_096;
export const SIGNATURES_MAX = 16;
/** No leading zero, sign, exponent or other digits: one time has one spelling. */
const TIMESTAMP = /^(0|[1-9]\d{0,11})$/;
/** Visible ASCII without the comma that joins repeated headers. */
const DELIVERY_ID = /^[\x21-\x2b\x2d-\x7e]{1,256}$/;

export function rejected(reason: RejectReason): Rejected {
  return { kind: 'rejected', reason };
}

export function verified(deliveryId: string | undefined): Verified {
  return deliveryId === undefined ? { kind: 'verified' } : { kind: 'verified', deliveryId };
}

/** A header's value; undefined if the request has none of that name. */
export function headerOf({ headers }: InboundRequest, name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(headers, key) ? headers[key] : undefined;
}

/** The seconds that a timestamp header says; undefined for every spelling but the plain one. */
export function secondsOf(text: string): number | undefined {
  return TIMESTAMP.test(text) ? Number(text) : undefined;
}

/** Whether a provider's delivery id can stand in a key and is one header's, not two joined. */
export function isDeliveryId(text: string): boolean {
  return DELIVERY_ID.test(text);
}

/** Whether a time is within the tolerance, its limits included, before now or after it. */
export function isFresh(seconds: number, toleranceSeconds: number, nowMs: number): boolean {
  return Math.abs(Math.floor(nowMs / 1000) - seconds) <= toleranceSeconds;
}

/**
 * Whether one of the MACs is one of the candidates, all of one length. Every pair is compared, whole and in constant
 * time, so the time taken tells neither which pair agreed nor how far.
 */
export function anyEqual(macs: readonly Buffer[], candidates: readonly Buffer[]): boolean {
  let equal = 0;
  for (const mac of macs) {
    for (const candidate of candidates) {
      equal |= Number(timingSafeEqual(mac, candidate));
    }
  }
  return equal === 1;
}
