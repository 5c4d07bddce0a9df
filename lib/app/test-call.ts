import { RESPONSE_BODY_KEPT_BYTES } from '../domain/delivery.ts';
import type { NewEvent } from '../domain/event.ts';
import { recordOf } from '../domain/event-record.ts';
import { deliveryId, ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import { parseTestCallInput } from '../domain/input/test-call-input.ts';
import type { Integration } from '../domain/integration.ts';
import { outboundCall, shownUrl } from '../domain/outbound-call.ts';
import { redacted, redactedHeaders, secretsOf } from '../domain/redaction.ts';
import { secretHeaders } from '../domain/secret-headers.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { find, opening } from './named-registry.ts';
import type { CallResult, OutboundCall, Sender } from './ports-sending.ts';
import { type SendDeps, sendCall } from './send-call.ts';
import type { Caller } from './tenancy.ts';

export interface TestCallDeps extends SecretDeps {
  readonly sender: Sender;
  readonly tokens: SendDeps['tokens'];
  /** Of Breakwater, as the `user-agent` says it. */
  readonly version: string;
}

const MASK = '***';

/**
 * Makes one real, signed call now, whatever the integration's status; nothing of it is stored,
 * and no secret of it is answered.
 */
export async function testCall(deps: TestCallDeps, caller: Caller, ref: string, body: unknown) {
  const integration = await find(opening(integrationRegistry(deps)), caller, ref);
  const { type, data } = parseTestCallInput(body);
  const nowMs = deps.clock.nowMs();
  const event: NewEvent = { tenant: integration.tenant, type, data };
  const record = recordOf(event, [], nowMs, ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES)));
  const message = {
    eventId: record.id,
    deliveryId: deliveryId(record.id, nowMs, integration.id),
    attempt: 1,
    body: new TextEncoder().encode(record.body),
  };
  const call = outboundCall(integration, message, deps.version, nowMs);
  const result = await sendCall(deps, call, integration);
  const secrets = secretsOf(integration);
  const { error, response } = answerOf(result, secrets);
  return {
    ok: error === null,
    statusCode: result.statusCode,
    latencyMs: result.latencyMs,
    error,
    request: requestOf(call, integration),
    response,
  };
}

function answerOf(result: CallResult, secrets: readonly string[]) {
  const { statusCode, error, responseHeaders, responseBody } = result;
  const good = statusCode !== null && statusCode >= 200 && statusCode < 300;
  return {
    error: error ?? (good ? null : ('http' as const)),
    response: {
      headers: redactedHeaders(responseHeaders, secrets),
      body: firstBytes(redacted(responseBody, secrets)),
    },
  };
}

function requestOf(call: OutboundCall, integration: Integration) {
  // An OAuth token is not among the call's headers: it is put there as it is sent.
  const own = secretHeaders(integration.request.headers).map(([name]) => name.toLowerCase());
  const auth = secretHeader(integration);
  const hidden = auth === undefined ? own : [...own, auth];
  const masks = Object.fromEntries(hidden.map((name) => [name, MASK]));
  return {
    method: call.method,
    url: shownUrl(integration),
    headers: { ...call.headers, ...masks },
    body: shownBody(call.body, integration),
  };
}

/** PagerDuty's credential is in the body; nobody else's is. */
function shownBody(body: Uint8Array, { serviceType, auth, signing }: Integration): string {
  const text = new TextDecoder().decode(body);
  return serviceType === 'pagerduty' ? redacted(text, secretsOf({ auth, signing })) : text;
}

function secretHeader({ serviceType, auth }: Integration): string | undefined {
  if (serviceType === 'pagerduty') return undefined;
  switch (auth.type) {
    case 'none':
      return undefined;
    case 'bearer':
    case 'basic':
    case 'oauth2ClientCredentials':
      return 'authorization';
    case 'apiKey':
      return auth.header.toLowerCase();
  }
}

/** What an attempt's record keeps of an answer, never half a character. */
function firstBytes(text: string): string {
  const bytes = new TextEncoder().encode(text).subarray(0, RESPONSE_BODY_KEPT_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}
