import type { CallResult, Clock, OutboundCall, Sender } from './ports.ts';

export interface SendDeps {
  readonly sender: Sender;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Sends a call. One that cannot be sent is an attempt that ends at once, for good: `blocked`, and
 * the reason in the place of an answer, where its owner reads it.
 */
export async function sendCall(deps: SendDeps, call: OutboundCall): Promise<CallResult> {
  if (call.unsendable === undefined) return await deps.sender.send(call);
  return {
    startedAtMs: deps.clock.nowMs(),
    latencyMs: 0,
    statusCode: null,
    error: 'blocked',
    responseHeaders: {},
    responseBody: `Not sent. ${call.unsendable}.`,
    isFinal: true,
    detail: 'unsendable',
  };
}
