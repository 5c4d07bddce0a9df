import type { KeyId } from './ids.ts';

export const SCOPES = [
  'integrations:read',
  'integrations:write',
  'integrations:call',
  'secrets:read',
  'events:publish',
  'events:read',
  'deliveries:read',
  'deliveries:write',
  'sources:read',
  'sources:write',
  'breakers:write',
  'keys:write',
  'audit:read',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** A key as it is stored: never the key itself, only the peppered hash of its secret. */
export interface ApiKey {
  readonly id: KeyId;
  /** The public part of the key, by which its record is found. */
  readonly lookup: string;
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Absent: every tenant. */
  readonly tenant?: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly lastUsedAtMs?: number;
  /** Canonical blocks; absent: every address. */
  readonly allowCidrs?: readonly string[];
  /** Canonical blocks; they win over `allowCidrs`. */
  readonly denyCidrs?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** The key whose bucket this one takes from; absent: its own. */
  readonly bucket?: KeyId;
  /** By what its requests are signed, sealed; absent in keys of earlier versions. */
  readonly signing?: string;
  /** The key that this one was made to replace. */
  readonly rotatedFrom?: KeyId;
}

/** A bucket of `burst` requests that fills by `perSecond` a second. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Who is calling. */
export interface Principal {
  readonly keyId: KeyId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly tenant?: string;
  /** The key has bounds of its own: for functions of earlier versions alone, which go by this word. */
  readonly isBounded?: true;
}
