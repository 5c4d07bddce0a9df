import { gate } from '../domain/breaker-gate.ts';
import type { HeldBy, Lane } from '../domain/delivery.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { Route } from '../domain/integration.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { primaryOf } from './targets.ts';

/** Which way a delivery goes, by the board alone: what publishers and the tick decide by. */

/** What keeps an integration from being called now, as far as this instance knows. */
export function shutBy(
  { board }: BoardView,
  tenant: string,
  { id, status, breaker }: Pick<Route, 'id' | 'status' | 'breaker'>,
  nowMs: number,
): HeldBy | undefined {
  if (status !== 'active') return 'pause';
  const asked = gate(board.sign(primaryOf({ tenant, id })), breaker, nowMs);
  return asked.kind === 'hold' ? asked.heldBy : undefined;
}

/** What its deliveries are held by now: not by a breaker whose fallback takes them meanwhile. */
export function holding(
  deps: BoardView,
  tenant: string,
  route: Pick<Route, 'id' | 'status' | 'breaker' | 'diverts'>,
  nowMs: number,
): HeldBy | undefined {
  const heldBy = shutBy(deps, tenant, route, nowMs);
  return route.diverts && heldBy === 'breaker' ? undefined : heldBy;
}

interface BoardView {
  readonly board: Pick<BreakerBoard, 'sign'>;
}

/** The lane that an integration's doorbells take: slow where calls take long or fail. */
export function laneFor(
  board: Pick<BreakerBoard, 'sign'>,
  tenant: string,
  id: IntegrationId,
  nowMs: number,
): { readonly lane?: Lane } {
  const sign = board.sign(primaryOf({ tenant, id }));
  if (sign === undefined) return {};
  const asked = gate(sign, { enabled: true }, nowMs);
  return asked.kind === 'pass' && !asked.slow ? {} : { lane: 'slow' };
}
