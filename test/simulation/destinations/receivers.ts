import { keptHeaders } from '../../../lib/adapters/http/answer.ts';
import type { CallResult, OutboundCall, Sender } from '../../../lib/app/ports-sending.ts';
import { RESPONSE_BODY_KEPT_BYTES } from '../../../lib/domain/delivery.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import {
  type Behaviour,
  behaviourAt,
  behaviourOf,
  type Phase,
  RECEIVER_FAULTS,
  type Reaction,
  reactionTo,
} from './behaviour.ts';
import { type Verdict, verdictOn } from './signature.ts';

export interface Receiver {
  /** Host and port, as they stand in the URL. */
  readonly host: string;
  readonly phases: readonly Phase[];
  /** What it verifies with; without any it verifies nothing. */
  readonly secrets?: readonly string[];
  /** How likely it sends the whole request back, as services in trouble do. */
  readonly echoes?: number;
  /** The access token that it gives to whoever asks, as a token endpoint does. */
  readonly grants?: string;
}

/** One request that a receiver has read. */
export interface Entry {
  readonly atMs: number;
  /** When its sender has heard something, or has given up. */
  readonly untilMs: number;
  readonly host: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Undefined of a receiver that verifies nothing. */
  readonly verdict: Verdict | undefined;
  /** What it answered, whether or not the sender heard it. */
  readonly status: number | null;
  /** False: what it answered, if anything, did not reach the sender in time. */
  readonly isHeard: boolean;
  /** Who sent it. */
  readonly from: string;
}

export interface Receivers {
  /** The Sender port of one process. */
  senderOf(process: Process): Sender;
  /** Every request that was read, in order; also those whose sender died. */
  readonly ledger: readonly Entry[];
  /** Changes what a receiver does from now on, its secrets too. */
  change(host: string, next: Partial<Omit<Receiver, 'host'>>): void;
  /** It verifies with these secrets too. */
  learn(host: string, secrets: readonly string[]): void;
}

/** Scripted receivers behind the Sender port. A host that is not among them is not known. */
export function receivers(simulation: Simulation, list: readonly Receiver[]): Receivers {
  const known = new Map(list.map((one) => [one.host, one]));
  const ledger: Entry[] = [];
  const { clock } = simulation.world;
  const draw = simulation.drawsByKey('receiver');

  function behaviourNow(host: string): Behaviour {
    const receiver = known.get(host);
    if (receiver === undefined) return { kind: 'unknown-host' };
    const fault = simulation.fault(`receiver/${host}`, RECEIVER_FAULTS);
    if (fault !== undefined) return behaviourOf(fault);
    return behaviourAt(receiver.phases, simulation.nowMs() - simulation.startMs);
  }

  function arrive(call: OutboundCall, host: string, from: string): Reaction {
    // By message: what one delivery meets is the same, whatever became of the others.
    const unit = () => draw(`${host} ${call.headers['webhook-id']}`);
    const reaction = reactionTo(behaviourNow(host), unit);
    const isHeard = reaction.error === null && reaction.afterMs < call.timeoutMs;
    if (reaction.isSeen) {
      const { url, method, headers, body } = call;
      const secrets = known.get(host)?.secrets;
      const atMs = simulation.nowMs();
      const verdict =
        secrets === undefined ? undefined : verdictOn(headers, body, { secrets, nowMs: atMs });
      const { status } = reaction;
      const untilMs = atMs + Math.min(reaction.afterMs, call.timeoutMs);
      ledger.push({
        ...{ atMs, untilMs, host, url, method, headers, body, verdict, status, isHeard, from },
      });
    }
    return reaction;
  }

  function said(call: OutboundCall, host: string, { status }: Reaction): Said {
    const { grants, echoes = 0 } = known.get(host) ?? {};
    if (grants !== undefined) return granted(grants);
    const unit = () => draw(`${host} ${call.headers['webhook-id']} echo`);
    return unit() < echoes ? echoed(call, unit()) : { body: JSON.stringify({ status }) };
  }

  function change(host: string, next: Partial<Omit<Receiver, 'host'>>) {
    const receiver = known.get(host);
    if (receiver === undefined) throw new Error(`There is no receiver ${host}.`);
    known.set(host, { ...receiver, ...next });
  }

  return {
    ledger,
    change,
    learn(host, secrets) {
      const before = known.get(host)?.secrets ?? [];
      change(host, { secrets: [...new Set([...before, ...secrets])] });
    },
    senderOf: (process) => ({
      async send(call) {
        const startedAtMs = process.clock.nowMs();
        const beganMs = simulation.nowMs();
        if (call.unsendable !== undefined) {
          const detail = call.unsendable;
          return { ...UNSENT, startedAtMs, latencyMs: 0, detail };
        }
        const { host } = new URL(call.url);
        const reaction = await process.step(`send ${host}`, async () => {
          const reacted = arrive(call, host, process.name);
          await clock.sleep(Math.min(reacted.afterMs, call.timeoutMs));
          return reacted;
        });
        const latencyMs = simulation.nowMs() - beganMs;
        return { startedAtMs, latencyMs, ...resultOf(reaction, call, said(call, host, reaction)) };
      },
    }),
  };
}

const UNSENT: Omit<CallResult, 'startedAtMs' | 'latencyMs'> = {
  ...{ statusCode: null, error: 'blocked', isFinal: true },
  ...{ responseHeaders: {}, responseBody: '' },
};

/** What an answer holds beside its status. */
interface Said {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function granted(access_token: string): Said {
  return { body: JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 600 }) };
}

/** Somewhere in a long answer, so that what is kept of it may end in the middle of a secret. */
function echoed({ url, headers, body }: OutboundCall, unit: number): Said {
  const before = '.'.repeat(Math.floor(unit * RESPONSE_BODY_KEPT_BYTES));
  const request = { url, headers, body: Buffer.from(body).toString() };
  const given = Object.entries(headers).filter(([name]) => !/^(webhook|breakwater)-/i.test(name));
  return {
    body: before + JSON.stringify(request),
    headers: Object.fromEntries(given.map(([, value], at) => [`x-echo-${at}`, value])),
  };
}

function resultOf(
  { status, afterMs, error, retryAfter }: Reaction,
  call: OutboundCall,
  said: Said,
): Omit<CallResult, 'startedAtMs' | 'latencyMs'> {
  if (afterMs >= call.timeoutMs || error !== null) {
    const heard = afterMs >= call.timeoutMs ? 'timeout' : error;
    return { statusCode: null, error: heard, responseHeaders: {}, responseBody: '' };
  }
  const { body, headers = {} } = said;
  const isWhole = call.keepBytes !== undefined;
  const more = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  return {
    statusCode: status,
    error: null,
    responseHeaders: keptHeaders({ ...headers, ...more }),
    responseBody: body.slice(0, RESPONSE_BODY_KEPT_BYTES),
    ...(isWhole && { answer: Buffer.from(body), answerHeaders: [] }),
  };
}
