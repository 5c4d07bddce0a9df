import { type ApiKey, CIDRS_MAX } from './api-key.ts';
import { isCidrWithin } from './cidr.ts';

/** What limits a key besides its scopes and its tenant. */
export type Bounds = Pick<
  ApiKey,
  'expiresAtMs' | 'allowCidrs' | 'denyCidrs' | 'rateLimit' | 'bucket'
>;

export type Bounded =
  | { readonly kind: 'bounded'; readonly bounds: Bounds }
  | { readonly kind: 'beyond'; readonly field: keyof Bounds; readonly message: string };

export function isBounded(key: Bounds): boolean {
  const { expiresAtMs, allowCidrs, denyCidrs, rateLimit } = key;
  return [expiresAtMs, allowCidrs, denyCidrs, rateLimit].some((bound) => bound !== undefined);
}

/** The bucket that a key takes from. */
export function bucketOf(key: Pick<ApiKey, 'id' | 'bucket'>): string {
  return key.bucket ?? key.id;
}

/**
 * The bounds of a key that `maker` makes: its own where none are wanted, never wider ones. Keys
 * made by one with a rate limit share its bucket, or ten of them would have ten times its rate.
 */
export function boundsWithin(maker: ApiKey, wanted: Bounds): Bounded {
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
  if (maker.rateLimit !== undefined && wanted.rateLimit !== undefined) {
    return beyond('rateLimit', 'is set by the key that makes it, whose bucket it shares');
  }
  const allowCidrs = wanted.allowCidrs ?? own;
  const denyCidrs = [...new Set([...(maker.denyCidrs ?? []), ...(wanted.denyCidrs ?? [])])];
  if (denyCidrs.length > CIDRS_MAX) {
    return beyond('denyCidrs', `has more than ${CIDRS_MAX} blocks with those of its maker`);
  }
  const rateLimit = maker.rateLimit ?? wanted.rateLimit;
  const bucket = maker.rateLimit === undefined ? undefined : (maker.bucket ?? maker.id);
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
export function couldHaveMade(maker: ApiKey, key: ApiKey): boolean {
  const { allowCidrs: own, denyCidrs: denied = [] } = maker;
  const endsInTime =
    maker.expiresAtMs === undefined || (key.expiresAtMs ?? Infinity) <= maker.expiresAtMs;
  const isAllowedLess =
    own === undefined || (key.allowCidrs?.every((cidr) => isCidrWithin(cidr, own)) ?? false);
  const isDeniedMore = denied.every((cidr) => isCidrWithin(cidr, key.denyCidrs ?? []));
  const isLimited = maker.rateLimit === undefined || bucketOf(key) === bucketOf(maker);
  return endsInTime && isAllowedLess && isDeniedMore && isLimited;
}
