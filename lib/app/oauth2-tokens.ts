import {
  type OAuth2Auth,
  readTokenAnswer,
  refreshAtMs,
  TOKEN_ANSWER_BYTES_MAX,
  tokenKey,
  tokenRequest,
} from '../domain/oauth2.ts';
import { rememberIn } from '../domain/remember.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { CallResult, Sender } from './ports-sending.ts';
import { within } from './within.ts';

/** The access tokens of one function instance: kept in memory alone, asked for when one is due. */

export interface TokenDeps {
  readonly sender: Sender;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly telemetry: Pick<Telemetry, 'warn'>;
  /** Of Breakwater, as the `user-agent` says it. */
  readonly version: string;
}

export interface OAuth2Tokens {
  /**
   * A token that is good by all that is known, within `timeoutMs`. Of many who ask at once one asks
   * the server; after a failure nobody does for two seconds.
   */
  get(auth: OAuth2Auth, timeoutMs: number): Promise<TokenHad>;
  /**
   * Another token than `refused`, which the service did not take. Undefined when there is none: it
   * was renewed for the same reason just now, and the service's refusal stands.
   */
  renew(auth: OAuth2Auth, refused: string, timeoutMs: number): Promise<TokenHad | undefined>;
}

export type TokenHad =
  | { readonly kind: 'token'; readonly accessToken: string }
  | ({ readonly kind: 'failed' } & TokenFailure);

/** Why there is no token; `error` is null where the server answered with none. */
export interface TokenFailure {
  readonly error: CallResult['error'];
  /** What the token endpoint did; may be shown, for it holds nothing that the server wrote. */
  readonly reason: string;
  readonly detail: string;
}

/** What was learnt last, as long as it holds. */
interface Known {
  readonly had: TokenHad;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A request under way, and when it ends at the latest. */
interface Flight {
  readonly known: Promise<Known>;
  readonly untilMs: number;
}

const KEPT_MAX = 500;
/** So long a failure is everybody's: a dead server is not asked by each delivery of a batch. */
const FAILED_MS = 2_000;
/** A service that refuses whatever token it is sent does not have its server asked each time. */
const RENEWED_MS = 10_000;

/** Keeps at most 500 tokens; the ones not asked for longest go first. */
export function oauth2Tokens(deps: TokenDeps): OAuth2Tokens {
  const kept = new Map<string, Known>();
  const flights = new Map<string, Flight>();
  const renewals = new Map<string, number>();

  const fresh = (key: string): TokenHad | undefined => {
    const known = kept.get(key);
    const nowMs = deps.clock.nowMs();
    // Before `fromMs` the clock was set back, and how old it is nobody knows.
    if (known === undefined || nowMs < known.fromMs || nowMs >= known.untilMs) return undefined;
    rememberIn(kept, key, known, KEPT_MAX);
    return known.had;
  };

  const begin = (key: string, auth: OAuth2Auth, timeoutMs: number): Flight => {
    const known = ask(deps, auth, timeoutMs)
      .then((found) => {
        rememberIn(kept, key, found, KEPT_MAX);
        return found;
      })
      .finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
    const flight = { known, untilMs: deps.clock.nowMs() + timeoutMs };
    flights.set(key, flight);
    return flight;
  };

  const get = async (auth: OAuth2Auth, timeoutMs: number): Promise<TokenHad> => {
    const key = tokenKey(auth);
    const had = fresh(key);
    if (had !== undefined) return had;
    const under = flights.get(key);
    // A request ends with the attempt that began it. One that has far less time than there is here
    // would fail this attempt for want of time that it has.
    const leftMs = (under?.untilMs ?? 0) - deps.clock.nowMs();
    const flight =
      under !== undefined && leftMs >= timeoutMs / 2 ? under : begin(key, auth, timeoutMs);
    const late = (error: unknown) => deps.telemetry.warn('oauth2.token-failed', { error });
    const known = await within(deps.clock, timeoutMs, flight.known, late);
    return known?.had ?? { kind: 'failed', ...unanswered('timeout', 'token_timeout') };
  };

  const renew = async (auth: OAuth2Auth, refused: string, timeoutMs: number) => {
    const key = tokenKey(auth);
    const had = kept.get(key)?.had;
    // Somebody else was refused it too, and was faster.
    if (had?.kind !== 'token' || had.accessToken !== refused) return await get(auth, timeoutMs);
    const sinceMs = deps.clock.nowMs() - (renewals.get(key) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < RENEWED_MS) return undefined;
    rememberIn(renewals, key, deps.clock.nowMs(), KEPT_MAX);
    kept.delete(key);
    const other = await get(auth, timeoutMs);
    return other.kind === 'token' && other.accessToken === refused ? undefined : other;
  };

  return { get, renew };
}

/** One request to the token endpoint, and what it means for how long. */
async function ask(deps: TokenDeps, auth: OAuth2Auth, timeoutMs: number): Promise<Known> {
  // A token's life is counted from before it was made: no answer takes away from it unseen.
  const fromMs = deps.clock.nowMs();
  const request = { ...tokenRequest(auth, deps.version), keepBytes: TOKEN_ANSWER_BYTES_MAX };
  const result = await deps.sender.send({ ...request, timeoutMs, owner: tokenKey(auth) });
  const { statusCode, error, answer, detail, latencyMs } = result;
  const host = URL.parse(auth.tokenUrl)?.host;
  if (error !== null || statusCode === null) {
    deps.telemetry.warn('oauth2.token-failed', { host, error, detail, latencyMs });
    return failed(deps, unanswered(error ?? 'reset', `token_${detail ?? error}`));
  }
  const read = readTokenAnswer(statusCode, new TextDecoder().decode(answer));
  if (read.kind === 'refused') {
    deps.telemetry.warn('oauth2.token-failed', { host, statusCode, code: read.code, latencyMs });
    return failed(deps, { error: null, reason: read.reason, detail: 'token_refused' });
  }
  const { accessToken, lifetimeSeconds } = read;
  const untilMs = refreshAtMs(fromMs, lifetimeSeconds);
  return { had: { kind: 'token', accessToken }, fromMs, untilMs };
}

function failed({ clock }: Pick<TokenDeps, 'clock'>, failure: TokenFailure): Known {
  const fromMs = clock.nowMs();
  return { had: { kind: 'failed', ...failure }, fromMs, untilMs: fromMs + FAILED_MS };
}

function unanswered(error: NonNullable<CallResult['error']>, detail: string): TokenFailure {
  return { error, detail, reason: `gave no whole answer (${error})` };
}
