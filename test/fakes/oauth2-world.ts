import { oauth2Tokens } from '../../lib/app/oauth2-tokens.ts';
import type { CallResult, OutboundCall } from '../../lib/app/ports-sending.ts';
import type { OAuth2Auth } from '../../lib/domain/oauth2.ts';
import { fakeClock, fakeTelemetry } from './world.ts';

export const TOKEN_HOST = 'login.example.com';
export const OAUTH2: OAuth2Auth = {
  type: 'oauth2ClientCredentials',
  tokenUrl: `https://${TOKEN_HOST}/token`,
  clientId: 'breakwater',
  clientSecret: 'the-client-secret',
  clientAuthentication: 'basic',
};

type Answer = Partial<CallResult>;

/** The answer of a token endpoint; `text` goes over the wire as it is. */
export function tokenAnswer(statusCode: number, content: object | string): Answer {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const answer = new TextEncoder().encode(text);
  return { statusCode, answer, responseBody: text.slice(0, 4_096) };
}

export function granted(accessToken: string, expires_in: unknown = 3_600): Answer {
  return tokenAnswer(200, { access_token: accessToken, token_type: 'Bearer', expires_in });
}

/**
 * A token endpoint that grants `token-1`, `token-2` … and a service that takes any, unless told
 * otherwise, on a clock that stands still: each answers only after so long.
 */
export function oauth2World() {
  const clock = fakeClock();
  const telemetry = fakeTelemetry();
  const world = {
    clock,
    telemetry,
    version: '0.0.0',
    /** Requests for tokens, and requests to the service. */
    asked: [] as OutboundCall[],
    called: [] as OutboundCall[],
    tokenMs: 0,
    serviceMs: 0,
    grant: (count: number): Answer => granted(`token-${count}`),
    serve: (_accessToken: string): Answer => ({ statusCode: 200 }),
    sender: {
      /** Like the real one: it ends at the call's deadline, whatever the other side does. */
      async send(call: OutboundCall): Promise<CallResult> {
        const startedAtMs = clock.nowMs();
        const isToken = call.url === OAUTH2.tokenUrl;
        const takesMs = isToken ? world.tokenMs : world.serviceMs;
        (isToken ? world.asked : world.called).push(call);
        const sentToken = (call.headers.authorization ?? '').replace('Bearer ', '');
        const given = isToken ? world.grant(world.asked.length) : world.serve(sentToken);
        const latencyMs = Math.min(takesMs, call.timeoutMs);
        if (latencyMs > 0) await new Promise<void>((done) => clock.after(latencyMs, done));
        const ended = takesMs > call.timeoutMs ? { error: 'timeout' as const } : given;
        const empty = { statusCode: null, error: null, responseHeaders: {}, responseBody: '' };
        return { ...empty, startedAtMs, latencyMs, ...ended };
      },
    },
  };
  return { ...world, world, tokens: oauth2Tokens(world) };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
