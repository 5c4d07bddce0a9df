import type { ServiceCall } from './call.ts';
import { callUrl } from './call-url.ts';
import { bodyOf, requestTo, signed } from './outbound-call.ts';
import type { Target } from './target.ts';

/** One attempt of a call: which it is, and how long it may take. */
export interface CallAttempt {
  /** 1 is the first. */
  readonly number: number;
  readonly timeoutMs: number;
}

/**
 * The request of one attempt at a target: with that target's own credentials and headers, signed
 * over the body as a delivery is, under the call's id.
 */
export function callRequest(
  target: Target,
  call: ServiceCall,
  { number, timeoutMs }: CallAttempt,
  { version, nowMs }: { readonly version: string; readonly nowMs: number },
) {
  const joined = callUrl(target.endpoint, call);
  const body = bodyOf(call);
  const own = {
    ...signed(target, { id: call.id, body }, nowMs),
    'breakwater-attempt': String(number),
  };
  return {
    ...requestTo(target, call, own, version),
    url: joined.ok ? joined.url : '',
    body,
    timeoutMs,
    ...(!joined.ok && { unsendable: joined.reason }),
  };
}
