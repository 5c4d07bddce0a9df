import * as z from 'zod/mini';
import { checkUrl, type EgressPolicy } from '../egress.ts';
import type { FieldError } from '../errors.ts';
import { ATTEMPT_SECONDS_MAX, type HealthCheck } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { choice, fields, listOf, refusing, text, whole } from './field.ts';

const INTERVAL_SECONDS_MIN = 60;
const INTERVAL_SECONDS_MAX = 3_600;
const STATUSES_MAX = 50;
const STATUS = "a status from 200 to 599 such as '204', or a class: '2xx', '3xx', '4xx', '5xx'";

/** A health check as a request gives it; only the URL has no default. */
export const healthCheckSchema = fields({
  url: z.string(refusing('an https URL')),
  method: z._default(choice(['GET', 'HEAD']), 'GET'),
  intervalSeconds: z._default(
    whole(INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX, 'seconds'),
    INTERVAL_SECONDS_MIN,
  ),
  timeoutSeconds: z._default(whole(1, ATTEMPT_SECONDS_MAX, 'seconds'), 10),
  expectStatus: z._default(listOf(text(/^[2-5](\d\d|xx)$/, 3, STATUS), 1, STATUSES_MAX), ['2xx']),
});

/** Why the URL may not be called: the rules are those of the endpoint. */
export function healthCheckProblems(
  { healthCheck }: JsonObject,
  egress: EgressPolicy,
): readonly FieldError[] {
  if (!isJsonObject(healthCheck) || typeof healthCheck.url !== 'string') return [];
  const checked = checkUrl(healthCheck.url, egress);
  return checked.ok ? [] : [{ path: 'healthCheck.url', message: checked.message }];
}

/** Absent where there is none. */
export function healthCheckOf(parsed: z.output<typeof healthCheckSchema> | null | undefined): {
  readonly healthCheck?: HealthCheck;
} {
  return parsed ? { healthCheck: parsed } : {};
}
