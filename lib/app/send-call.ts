import type { Integration } from '../domain/integration.ts';
import type { OAuth2Auth } from '../domain/oauth2.ts';
import { redacted, redactedHeaders, SECRET_CHARS_MIN } from '../domain/redaction.ts';
import { striker } from '../domain/redaction-bytes.ts';
import type { OAuth2Tokens, TokenHad } from './oauth2-tokens.ts';
import type { Clock } from './ports.ts';
import type { CallResult, OutboundCall, Sender } from './ports-sending.ts';

export interface SendDeps {
  readonly sender: Sender;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly tokens: OAuth2Tokens;
}

/** What the service answers to a token that is not, or no longer, good. */
const UNAUTHORIZED = 401;

/**
 * Sends a call with its target's credentials, where those have to be fetched first; whatever that
 * takes is within the call's one deadline. A call that cannot be sent is an attempt that ends at
 * once, for good: `blocked`, and the reason in the place of an answer, where its owner reads it.
 */
export async function sendCall(
  deps: SendDeps,
  asked: OutboundCall,
  { id, auth }: Pick<Integration, 'id' | 'auth'>,
): Promise<CallResult> {
  const call = { ...asked, owner: id };
  if (call.unsendable !== undefined) {
    return {
      ...notSent(call.unsendable),
      ...{ startedAtMs: deps.clock.nowMs(), latencyMs: 0 },
      ...{ error: 'blocked', detail: 'unsendable', isFinal: true },
    };
  }
  if (auth.type !== 'oauth2ClientCredentials') return await deps.sender.send(call);
  return await sendWithToken(deps, call, auth);
}

/**
 * A 401 has the token renewed and the call made once more: the one answer that says that nothing
 * was done, and that is about the token. The record shows one attempt, from its beginning.
 */
async function sendWithToken(
  deps: SendDeps,
  call: OutboundCall,
  auth: OAuth2Auth,
): Promise<CallResult> {
  const startedAtMs = deps.clock.nowMs();
  const spentMs = () => Math.max(deps.clock.nowMs() - startedAtMs, 0);
  const send = async (accessToken: string): Promise<CallResult> => {
    const beforeMs = spentMs();
    const timeoutMs = call.timeoutMs - beforeMs;
    if (timeoutMs <= 0) return withoutToken(NO_TIME, startedAtMs, beforeMs);
    const headers = { ...call.headers, authorization: `Bearer ${accessToken}` };
    const result = await deps.sender.send({ ...call, headers, timeoutMs });
    const latencyMs = beforeMs + result.latencyMs;
    return struck({ ...result, startedAtMs, latencyMs }, accessToken);
  };

  const had = await deps.tokens.get(auth, call.timeoutMs);
  if (had.kind === 'failed') return withoutToken(had, startedAtMs, spentMs());
  const first = await send(had.accessToken);
  const leftMs = call.timeoutMs - spentMs();
  if (first.statusCode !== UNAUTHORIZED || first.error !== null || leftMs <= 0) return first;
  const renewed = await deps.tokens.renew(auth, had.accessToken, leftMs);
  // What the service said of this call stands where there is nothing to ask it again with.
  if (renewed?.kind !== 'token' || spentMs() >= call.timeoutMs) return first;
  return struck(await send(renewed.accessToken), had.accessToken);
}

const NO_TIME = {
  kind: 'failed',
  error: 'timeout',
  reason: 'took all the time there was',
  detail: 'token_late',
} as const satisfies TokenHad;

/**
 * The service was not called. To its breaker that is a failure like any other: without a token
 * nothing gets through to it, and the deliveries that wait cost no attempts. The schedule tries
 * again whatever the token endpoint said, for credentials are put right.
 */
function withoutToken(
  { error, reason, detail }: Extract<TokenHad, { readonly kind: 'failed' }>,
  startedAtMs: number,
  latencyMs: number,
): CallResult {
  const unsent = { ...notSent(`The token endpoint ${reason}`), isUnsent: true } as const;
  return { ...unsent, startedAtMs, latencyMs, error, detail };
}

function notSent(reason: string) {
  return { statusCode: null, responseHeaders: {}, responseBody: `Not sent. ${reason}.` };
}

/** The result without the token, wherever the service has put it. */
function struck(result: CallResult, accessToken: string): CallResult {
  if (accessToken.length < SECRET_CHARS_MIN) return result;
  const secrets = [accessToken];
  const strike = striker(secrets, SECRET_CHARS_MIN);
  const { answer, answerHeaders } = result;
  return {
    ...result,
    responseHeaders: redactedHeaders(result.responseHeaders, secrets),
    responseBody: redacted(result.responseBody, secrets),
    ...(answer !== undefined && { answer: strike.bytes(answer) }),
    ...(answerHeaders !== undefined && {
      answerHeaders: answerHeaders.map(([name, value]) => [name, strike.text(value)] as const),
    }),
  };
}
