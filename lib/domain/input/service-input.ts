import type { FieldError } from '../errors.ts';
import type { ServiceType } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { PAGERDUTY_ENDPOINT, ROUTING_KEY } from '../services/pagerduty.ts';

/** Services that read messages, not webhooks: nobody there checks a signature. */
const UNSIGNED: readonly unknown[] = [
  'slack',
  'discord',
  'teams',
  'pagerduty',
] satisfies readonly ServiceType[];

/** Of the contract, and not yet available. */
export const LATER_SERVICE_TYPES = ['sqs', 'eventbridge'];

/** The body with what its service type says where it says nothing itself. */
export function withServiceDefaults(body: unknown): unknown {
  if (!isJsonObject(body) || !UNSIGNED.includes(body.serviceType)) return body;
  return {
    ...(body.serviceType === 'pagerduty' && { endpoint: PAGERDUTY_ENDPOINT }),
    signing: { scheme: 'none' },
    ...body,
  };
}

/** PagerDuty takes its credential in the body: here it is the token of `auth`. */
export function serviceProblems({ serviceType, auth }: JsonObject): readonly FieldError[] {
  if (serviceType !== 'pagerduty') return [];
  const { type, token } = isJsonObject(auth) ? auth : {};
  if (type !== 'bearer') {
    const message = 'must be {"type": "bearer", "token": …}, the routing key of PagerDuty';
    return [{ path: 'auth', message }];
  }
  if (typeof token !== 'string' || ROUTING_KEY.test(token)) return [];
  const message = 'the value given is not allowed: a routing key of 32 letters and digits';
  return [{ path: 'auth.token', message }];
}
