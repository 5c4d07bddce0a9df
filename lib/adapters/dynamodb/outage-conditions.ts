import type { BreakerReport } from '../../app/ports-outage.ts';
import type { Breaker, HalfOpen } from '../../domain/breaker.ts';
import type { Condition } from './table.ts';

/** Conditions of the writes to breakers. What an attribute holds is said in `breaker-item.ts`. */
export const breakerConditions = {
  exists: { ConditionExpression: 'attribute_exists(pk)' },
  /** The breaker that this transition was decided on is the stored one; before the first, or none. */
  isBefore: (version: number): Condition => ({
    ConditionExpression: version === 1 ? 'attribute_not_exists(pk) OR v = :v' : 'v = :v',
    values: { ':v': version - 1 },
  }),
  isEarlier: (attribute: 'nb' | 'su', ms: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(#t) OR #t < :ms',
    ExpressionAttributeNames: { '#t': attribute },
    values: { ':ms': ms },
  }),
  isPausedUntil: (ms: number): Condition => ({
    ConditionExpression: 'nb = :ms',
    values: { ':ms': ms },
  }),
  /** Half-open with these results, and fewer leases than `room`. */
  hasRoom: (
    seen: { readonly version: number; readonly room: number } & Pick<
      HalfOpen,
      'successes' | 'failures'
    >,
  ): Condition => ({
    ConditionExpression:
      'v = :v AND st = :h AND hs = :hs AND hf = :hf' +
      ' AND (attribute_not_exists(hl) OR size(hl) < :room)',
    values: {
      ':v': seen.version,
      ':h': 'H',
      ':hs': seen.successes,
      ':hf': seen.failures,
      ':room': seen.room,
    },
  }),
  isHalfOpen: (version: number): Condition => ({
    ConditionExpression: 'v = :v AND st = :h',
    values: { ':v': version, ':h': 'H' },
  }),
  holdsLease: (version: number, lease: string): Condition => ({
    ConditionExpression: 'v = :v AND contains(hl, :lease)',
    values: { ':v': version, ':lease': lease },
  }),
  /** Nothing happened since `breaker` was read that keeps it from being well. */
  isWellStill: (breaker: Breaker): Condition => {
    const seen = {
      lf: breaker.lastFailureAtMs,
      tf: breaker.totals.failures,
      nb: breaker.notBeforeMs,
      su: breaker.slowUntilMs,
    };
    const unchanged = Object.keys(seen).map((a) => `(attribute_not_exists(${a}) OR ${a} = :${a})`);
    return {
      ConditionExpression: `v = :v AND st = :c AND attribute_not_exists(up) AND ${unchanged.join(' AND ')}`,
      values: {
        ':v': breaker.version,
        ':c': 'C',
        ...Object.fromEntries(Object.entries(seen).map(([a, value]) => [`:${a}`, value])),
      },
    };
  },
  isUnpublished: (version: number): Condition => ({
    ConditionExpression: 'v = :v AND attribute_exists(up)',
    values: { ':v': version },
  }),
  /** Unpublished, and nothing else to keep it on the board. */
  isOnlyUnpublished: (version: number): Condition => ({
    ConditionExpression:
      'v = :v AND attribute_exists(up) AND st = :c AND attribute_not_exists(sus)' +
      ' AND attribute_not_exists(nb) AND attribute_not_exists(su)',
    values: { ':v': version, ':c': 'C' },
  }),
} as const;

/** Conditions of the writes of a report. */
export const reportConditions = {
  /** A breaker that counts, in a state that the calls belong to; not this write come twice. */
  counts: ({ firstStartedAtMs }: BreakerReport, write: Uint8Array): Condition => ({
    ConditionExpression:
      '(st = :m OR (st = :c AND attribute_exists(sus))) AND sn <= :first' +
      ' AND (attribute_not_exists(rw) OR rw <> :rw)',
    values: { ':m': 'M', ':c': 'C', ':first': firstStartedAtMs, ':rw': write },
  }),
  isUnwatched: ({ firstStartedAtMs }: BreakerReport): Condition => ({
    ConditionExpression: 'st = :c AND attribute_not_exists(sus) AND sn <= :first',
    values: { ':c': 'C', ':first': firstStartedAtMs },
  }),
  isBucketOf: (bucket: string, startMs: number | undefined): Condition =>
    startMs === undefined
      ? named('attribute_not_exists(#b)', bucket)
      : named('#b = :b', bucket, { ':b': startMs }),
  /** The reporter is among the reporters, or there are fewer than `max`. */
  maySign: (reporter: string, max: number): Condition => ({
    ConditionExpression: '(attribute_not_exists(rp) OR size(rp) < :max OR contains(rp, :me))',
    values: { ':max': max, ':me': reporter },
  }),
} as const;

function named(
  expression: string,
  attribute: string,
  values: Readonly<Record<string, unknown>> = {},
): Condition {
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: { '#b': attribute },
    values,
  };
}

/** All of them at once. */
export function allOf(...conditions: readonly Condition[]): Condition {
  return {
    ConditionExpression: conditions.map((one) => one.ConditionExpression).join(' AND '),
    ExpressionAttributeNames: Object.assign(
      {},
      ...conditions.map((one) => one.ExpressionAttributeNames ?? {}),
    ),
    values: Object.assign({}, ...conditions.map((one) => one.values ?? {})),
  };
}

export const rateConditions = {
  isPast: (nowUs: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(tat) OR tat <= :now',
    values: { ':now': nowUs },
  }),
  isBetween: (afterUs: number, lastUs: number): Condition => ({
    ConditionExpression: 'tat > :after AND tat <= :last',
    values: { ':after': afterUs, ':last': lastUs },
  }),
} as const;

export const placeConditions = {
  exist: { ConditionExpression: 'attribute_exists(pl)' },
  areFree: (max: number, count: number): Condition => ({
    ConditionExpression: 'attribute_not_exists(pl) OR size(pl) <= :most',
    values: { ':most': max - count },
  }),
} as const;

export const drainConditions = {
  isAt: (step: number): Condition => ({ ConditionExpression: 'n = :n', values: { ':n': step } }),
} as const;
