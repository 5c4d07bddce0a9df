import type { Envelope } from '../domain/aws-call.ts';
import type { Attempt } from '../domain/delivery.ts';

/** What the use cases need to call somebody else. */

/** What is to be sent. With `unsendable` it is not to be sent, for this reason. */
export interface OutboundCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  /**
   * Whose connections it may go on, and leave behind; without one, none but its own. What one owner
   * sends can end up in what another sends next where a server does not read all of a request.
   */
  readonly owner?: string;
  /** What goes with the body to a service of AWS; `url` is then an ARN. */
  readonly envelope?: Envelope;
  /** The whole body is wanted: up to this many bytes; a larger one is 'body-too-large'. */
  readonly keepBytes?: number;
  readonly unsendable?: string;
}

/** What came back. `error` says why there is no complete answer; `statusCode` may be known even so. */
export interface CallResult {
  readonly startedAtMs: number;
  readonly latencyMs: number;
  readonly statusCode: number | null;
  readonly error: Exclude<Attempt['error'], 'http'>;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
  /** The whole body; only of a complete answer, to a call with `keepBytes`. */
  readonly answer?: Uint8Array;
  /** The header lines of such an answer as they came, names in lower case; may hold secrets. */
  readonly answerHeaders?: readonly (readonly [name: string, value: string])[];
  /** Trying again would end the same. */
  readonly isFinal?: true;
  /** Nothing was sent: it is about what had to come before, such as an access token. */
  readonly isUnsent?: true;
  /** For the log and the owner: a stable reason such as `host_not_canonical`; no address. */
  readonly detail?: string;
}

export interface Sender {
  /** One request, one deadline, no redirect; never throws for what the other side does. */
  send(call: OutboundCall): Promise<CallResult>;
}
