import type { FieldError } from '../errors.ts';
import { shown } from '../errors.ts';
import type { Integration, Ordering } from '../integration.ts';
import {
  ORDERING_TIMEOUT_DEFAULT_SECONDS,
  ORDERING_TIMEOUT_MAX_SECONDS,
  ORDERING_TIMEOUT_MIN_SECONDS,
} from '../line.ts';
import type { JsonObject } from '../merge-patch.ts';
import { whole } from './field.ts';

/** How long one delivery keeps those behind it waiting; of `ordering: "fifo"` alone. */
export const orderingTimeoutSchema = whole(
  ORDERING_TIMEOUT_MIN_SECONDS,
  ORDERING_TIMEOUT_MAX_SECONDS,
  'seconds',
);

export function orderingProblems(body: JsonObject): readonly FieldError[] {
  const { ordering, orderingTimeoutSeconds: given } = body;
  if (ordering === 'fifo' || given === undefined || given === null) return [];
  const message = `${shown(given)} is not allowed: it goes with "ordering": "fifo" alone`;
  return [{ path: 'orderingTimeoutSeconds', message }];
}

export function orderingOf(
  ordering: Ordering,
  timeoutSeconds: number | null | undefined,
): Pick<Integration, 'ordering' | 'orderingTimeoutSeconds'> {
  if (ordering === 'none') return { ordering };
  const orderingTimeoutSeconds = timeoutSeconds ?? ORDERING_TIMEOUT_DEFAULT_SECONDS;
  return { ordering, orderingTimeoutSeconds };
}

/** What a patch begins with: an order that it ends takes its timeout with it. */
export function orderingBase(
  { ordering, orderingTimeoutSeconds }: Pick<Integration, 'ordering' | 'orderingTimeoutSeconds'>,
  patch: JsonObject,
): JsonObject {
  const ends = patch.ordering === 'none' || patch.ordering === null;
  if (ends || orderingTimeoutSeconds === undefined) return { ordering };
  return { ordering, orderingTimeoutSeconds };
}
