import type { SourceId } from './ids.ts';
import type { Sealed } from './sealed.ts';
import type { HmacTemplate, SigningSecret } from './signing.ts';

/** Who sends webhooks to us, and how their signature is checked. */
export interface Source {
  readonly id: SourceId;
  readonly tenant: string;
  readonly name: string;
  readonly description: string;
  readonly verification: Verification;
  /** Put before the provider's own type: `github` makes `github.push`. */
  readonly eventTypePrefix: string;
  /** Canonical blocks: webhooks from other addresses are refused; absent: from everywhere. */
  readonly allowCidrs?: readonly string[];
  /** What a good request is answered with; absent: 202 with the event's id. */
  readonly response?: { readonly statusCode: number; readonly body: string };
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Present: secrets are empty until the store opens them. */
  readonly sealed?: Sealed;
  readonly version: number;
}

/** The provider with what its check needs; secrets newest first, expired ones are not tried. */
export type Verification =
  | {
      readonly provider: 'standard-webhooks' | 'svix' | 'github' | 'stripe';
      readonly secrets: readonly SigningSecret[];
      /** Standard Webhooks ed25519 key `whpk_…`; then `secrets` may be empty. */
      readonly publicKey?: string;
      readonly toleranceSeconds: number;
    }
  | {
      readonly provider: 'hmac';
      readonly secrets: readonly SigningSecret[];
      readonly hmac: HmacTemplate;
      readonly toleranceSeconds: number;
    }
  | {
      readonly provider: 'token';
      readonly secrets: readonly SigningSecret[];
      readonly header: string;
    }
  | { readonly provider: 'none' };

export type Provider = Verification['provider'];

/** A webhook as it came in. Header names are lower-case; the body is the raw bytes. */
export interface InboundRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const SOURCES_PER_TENANT_MAX = 1_000;

/** What a check came to. The caller of a webhook is told little of it; the log gets the reason. */
export type Verdict = Verified | Rejected;

export interface Verified {
  readonly kind: 'verified';
  /** The provider's own id of this delivery, where a header carries it. */
  readonly deliveryId?: string;
  /**
   * Stands for what was signed, where that has a time and no id: the next honest request has another
   * time, so the same once more is a repetition, whatever is not signed of it.
   */
  readonly once?: string;
}

export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: RejectReason;
}

export type RejectReason =
  | 'missing-signature'
  | 'missing-timestamp'
  | 'missing-id'
  | 'malformed-signature'
  | 'malformed-timestamp'
  | 'malformed-id'
  | 'bad-signature'
  /** Only of a request whose signature is right: nobody else learns what the clock says. */
  | 'timestamp-out-of-tolerance'
  /** Not from one of the source's blocks of addresses; the signature was not looked at. */
  | 'address-not-allowed';
