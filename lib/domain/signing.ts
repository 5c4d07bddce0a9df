/** How the requests to an integration are signed. `secrets` holds the current one first. */
export type Signing =
  | { readonly scheme: 'none' }
  | {
      readonly scheme: 'standard-webhooks' | 'standard-webhooks-ed25519' | 'github' | 'stripe';
      readonly secrets: readonly SigningSecret[];
    }
  | {
      readonly scheme: 'hmac';
      readonly secrets: readonly SigningSecret[];
      readonly hmac: HmacTemplate;
    };

/**
 * `whsec_…` (standard-webhooks), `whsk_…` (ed25519), any text of 16–256 visible ASCII characters
 * for the others. A secret that was rotated out signs too until `expiresAtMs`.
 */
export interface SigningSecret {
  readonly secret: string;
  readonly expiresAtMs?: number;
  /** Of an ed25519 key that is sealed: its public half, `whpk_…`. */
  readonly publicKey?: string;
}

/** A generic HMAC: how content, digest and header are put together, both ways. */
export interface HmacTemplate {
  readonly header: string;
  /** Put before the digest in the header, for example `sha256=`. */
  readonly prefix: string;
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64' | 'base64url';
  /** What is signed: `{body}`, `{timestamp}` and `{id}` are replaced; everything else is literal. */
  readonly content: string;
  /** Header with the Unix timestamp in seconds; needed when `content` names `{timestamp}`. */
  readonly timestampHeader?: string;
  /** Header with the sender's message id; needed when `content` names `{id}`. */
  readonly idHeader?: string;
}
