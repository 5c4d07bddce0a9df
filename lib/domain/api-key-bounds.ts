import type { ApiKey, RateLimit } from './api-key.ts';
import { CIDRS_MAX, isCidrWithin } from './cidr.ts';
import type { KeyId } from './ids.ts';

/** What limits a key besides its scopes and its tenant. */
export type Bounds = Pick<
  ApiKey,
  'expiresAtMs' | 'allowCidrs' | 'denyCidrs' | 'rateLimit' | 'bucket'
>;

/** A key that makes others. */
export interface Maker extends ApiKey {
  /** The rate of keys that have none of their own, where that binds this one too. */
  readonly heldTo?: RateLimit;
}

export type Bounded =
  | { readonly kind: 'bounded'; readonly bounds: Bounds }
  | { readonly kind: 'beyond'; readonly field: keyof Bounds; readonly message: string };

export function isBounded(key: Bounds): boolean {
  const { expiresAtMs, allowCidrs, denyCidrs, rateLimit } = key;
  return [expiresAtMs, allowCidrs, denyCidrs, rateLimit].some((bound) => bound !== undefined);
}

/** The bucket that a key takes from. */
export function bucketOf(key: Pick<ApiKey, 'id' | 'bucket'>): KeyId {
  return key.bucket ?? key.id;
}

/** The maker, held to the default rate unless it has a rate of its own or may do everything. */
export function heldTo(maker: ApiKey, rate: RateLimit | undefined): Maker {
  const isFree = rate === undefined || maker.rateLimit !== undefined;
  return isFree || maker.scopes.includes('admin') ? maker : { ...maker, heldTo: rate };
}

function isLimited({ rateLimit, heldTo: rate }: Maker): boolean {
  return rateLimit !== undefined || rate !== undefined;
}

/**
 * The bounds of a key that `maker` makes: its own where none are wanted, never wider ones. Keys
 * made by one with a rate limit share its bucket, or ten of them would have ten times its rate.
 */
export function boundsWithin(maker: Maker, wanted: Bounds): Bounded {
  const beyond = (field: keyof Bounds, message: string): Bounded => {
    return { kind: 'beyond', field, message };
  };
  const expiresAtMs = wanted.expiresAtMs ?? maker.expiresAtMs;
  if (expiresAtMs !== undefined && expiresAtMs > (maker.expiresAtMs ?? expiresAtMs)) {
    return beyond('expiresAtMs', 'is after the end of the key that makes it');
  }
  const { allowCidrs: own } = maker;
  const outside = own && wanted.allowCidrs?.find((cidr) => !isCidrWithin(cidr, own));
  if (outside !== undefined) {
    return beyond('allowCidrs', `${outside} is not within a block of the key that makes it`);
  }
  if (isLimited(maker) && wanted.rateLimit !== undefined) {
    return beyond('rateLimit', 'is set by the key that makes it, whose bucket it shares');
  }
  const allowCidrs = wanted.allowCidrs ?? own;
  const denyCidrs = [...new Set([...(maker.denyCidrs ?? []), ...(wanted.denyCidrs ?? [])])];
  if (denyCidrs.length > CIDRS_MAX) {
    return beyond('denyCidrs', `has more than ${CIDRS_MAX} blocks with those of its maker`);
  }
  const rateLimit = maker.rateLimit ?? wanted.rateLimit;
  const bucket = isLimited(maker) ? bucketOf(maker) : undefined;
  return {
    kind: 'bounded',
    bounds: {
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      ...(allowCidrs !== undefined && { allowCidrs }),
      ...(denyCidrs.length > 0 && { denyCidrs }),
      ...(rateLimit !== undefined && { rateLimit }),
      ...(bucket !== undefined && { bucket }),
    },
  };
}

/** Whether `maker` could have made the key, as far as its bounds go: only then may it end it. */
export function couldHaveMade(maker: Maker, key: ApiKey): boolean {
  const { allowCidrs: own, denyCidrs: denied = [] } = maker;
  const endsInTime =
    maker.expiresAtMs === undefined || (key.expiresAtMs ?? Infinity) <= maker.expiresAtMs;
  const isAllowedLess =
    own === undefined || (key.allowCidrs?.every((cidr) => isCidrWithin(cidr, own)) ?? false);
  const isDeniedMore = denied.every((cidr) => isCidrWithin(cidr, key.denyCidrs ?? []));
  return endsInTime && isAllowedLess && isDeniedMore && isSlower(maker, key);
}

/** What is held to the default as its maker is takes no more than that; it need not share. */
function isSlower(maker: Maker, key: ApiKey): boolean {
  if (!isLimited(maker) || bucketOf(key) === bucketOf(maker)) return true;
  return maker.heldTo !== undefined && key.rateLimit === undefined;
}
