import type { CallResult } from '../../../lib/app/ports-sending.ts';
import type { Fault } from '../kernel/faults.ts';

/** How a receiver is at a time. Times are milliseconds. */
export type Behaviour =
  | { readonly kind: 'healthy'; readonly status?: number }
  /** Some of the requests, by dice, are answered with this status and the others with 200. */
  | { readonly kind: 'failing'; readonly probability: number; readonly status: number }
  | { readonly kind: 'slow'; readonly fromMs: number; readonly toMs: number }
  /** It reads the request and says nothing, until the sender gives up. */
  | { readonly kind: 'hanging' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'busy'; readonly status: 429 | 503; readonly retryAfter: string }
  /** Nobody listens there. */
  | { readonly kind: 'down' }
  | { readonly kind: 'unknown-host' }
  /** It hangs up before it has read the request. */
  | { readonly kind: 'reset' }
  /** It takes the request, and its 200 is lost on the way. */
  | { readonly kind: 'deaf' };

/** From `fromMs` after the start of the run on it behaves so; the phases in order of time. */
export interface Phase {
  readonly fromMs: number;
  readonly does: Behaviour;
}

export const HEALTHY: readonly Phase[] = [{ fromMs: 0, does: { kind: 'healthy' } }];

/** Well, but for the windows: from when, for how long. */
export function outages(
  windows: readonly (readonly [fromMs: number, forMs: number])[],
  does: Behaviour = { kind: 'down' },
): readonly Phase[] {
  const healthy: Behaviour = { kind: 'healthy' };
  return [
    ...HEALTHY,
    ...windows.flatMap(([fromMs, forMs]) => [
      { fromMs, does },
      { fromMs: fromMs + forMs, does: healthy },
    ]),
  ];
}

export function behaviourAt(phases: readonly Phase[], sinceStartMs: number): Behaviour {
  return phases.findLast(({ fromMs }) => fromMs <= sinceStartMs)?.does ?? { kind: 'healthy' };
}

/** What a fault makes of one request to a receiver that is otherwise as it is. */
export const RECEIVER_FAULTS = [
  'receiver-deaf',
  'receiver-reset',
  'receiver-down',
  'receiver-hanging',
  'receiver-failing',
];

export function behaviourOf({ kind }: Fault): Behaviour {
  switch (kind) {
    case 'receiver-deaf':
      return { kind: 'deaf' };
    case 'receiver-reset':
      return { kind: 'reset' };
    case 'receiver-down':
      return { kind: 'down' };
    case 'receiver-hanging':
      return { kind: 'hanging' };
    default:
      return { kind: 'failing', probability: 1, status: 500 };
  }
}

/** What comes of one request: what the receiver has done, and what the sender hears of it. */
export interface Reaction {
  /** It read the whole request. */
  readonly isSeen: boolean;
  /** The status it gave, whether or not that arrived. */
  readonly status: number | null;
  /** When the sender hears something; infinite: never. */
  readonly afterMs: number;
  readonly error: CallResult['error'];
  readonly retryAfter?: string;
}

/** A TCP stack gives up on a host that says nothing after much longer than any of our timeouts. */
const NEVER = Number.POSITIVE_INFINITY;
const QUICK_MS_MAX = 120;

export function reactionTo(does: Behaviour, unit: () => number): Reaction {
  const afterMs = Math.round(QUICK_MS_MAX * unit());
  const answer = (status: number): Reaction => ({ isSeen: true, status, afterMs, error: null });
  const unheard = (error: CallResult['error']): Reaction => ({
    ...{ isSeen: false, status: null, afterMs, error },
  });
  switch (does.kind) {
    case 'healthy':
      return answer(does.status ?? 200);
    case 'failing':
      return answer(unit() < does.probability ? does.status : 200);
    case 'slow':
      return { ...answer(200), afterMs: does.fromMs + unit() * (does.toMs - does.fromMs) };
    case 'hanging':
      return { isSeen: true, status: null, afterMs: NEVER, error: 'timeout' };
    case 'gone':
      return answer(410);
    case 'busy':
      return { ...answer(does.status), retryAfter: does.retryAfter };
    case 'down':
      return unheard('refused');
    case 'unknown-host':
      return unheard('dns');
    case 'reset':
      return unheard('reset');
    case 'deaf':
      return { isSeen: true, status: 200, afterMs, error: 'reset' };
  }
}
