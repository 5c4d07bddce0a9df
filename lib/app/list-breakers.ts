import {
  type BreakerSign,
  type BreakerState,
  PRIMARY_TARGET,
  type Transition,
} from '../domain/breaker.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { type BreakerItemView, breakerItemView } from './breaker-views.ts';
import { type PageWanted, readSize } from './event-lists.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { find } from './named-registry.ts';
import type { Clock, Integrations, Page } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { expanded, itemsOf, type Placed, pageOf, type Stream } from './streams.ts';
import { loadBreaker, primaryOf } from './targets.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

export interface BreakerListDeps {
  readonly breakers: Pick<Breakers, 'board' | 'load'>;
  readonly integrations: Pick<Integrations, 'list' | 'byId'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface BreakerQuery extends PageWanted {
  readonly state?: BreakerState | undefined;
}

type Item = Placed<BreakerItemView>;

/** Breakers that one page may look at for those that the filter wants. */
const SCANNED_MIN = 500;
/** Breakers read side by side. */
const WIDTH = 16;

/**
 * The breaker of every integration: the troubled first, the worst of them before the others,
 * then the rest, newest integration first. One that changes while somebody pages through may be
 * seen twice or not at all.
 */
export async function listBreakers(
  deps: BreakerListDeps,
  caller: Caller,
  { state, after, limit }: BreakerQuery,
): Promise<Page<BreakerItemView>> {
  const tenant = tenantSeen(caller);
  const board = (await deps.breakers.board()).filter(
    (sign) => sign.target === PRIMARY_TARGET && (tenant === undefined || sign.tenant === tenant),
  );
  const read = { tenant, state, after, limit };
  return pageOf(bothOf(troubled(deps, board, read), rest(deps, board, read)), {
    after,
    limit,
    wanted: (item) => state === undefined || item.state === state,
    budget: Math.max(SCANNED_MIN, 2 * limit),
  });
}

/** The transitions of an integration's breaker, newest first. */
export async function listTransitions(
  deps: Pick<SecretDeps, 'integrations'> & { readonly breakers: Pick<Breakers, 'history'> },
  caller: Caller,
  ref: string,
  { after, limit }: PageWanted,
): Promise<Page<Transition>> {
  const integration = await find(integrationRegistry(deps), caller, ref);
  return await deps.breakers.history(primaryOf(integration), {
    limit,
    ...(after !== undefined && { after }),
  });
}

interface Read extends BreakerQuery {
  readonly tenant: string | undefined;
}

async function* bothOf<T>(first: Stream<T>, second: Stream<T>): Stream<T> {
  yield* first;
  yield* second;
}

/** What is on the board, by how bad it is; what the page cannot want is not even read. */
function troubled(
  deps: BreakerListDeps,
  board: readonly BreakerSign[],
  { state, after }: Read,
): Stream<Item> {
  const places = board
    // Whatever its state, one that the settings switch off is shown as disabled.
    .filter((sign) => state === undefined || state === 'disabled' || sign.state === state)
    .map((sign) => ({ sign, place: troubledPlace(sign) }))
    .filter(({ place }) => after === undefined || place < after)
    .sort((a, b) => (a.place < b.place ? 1 : -1));
  return expanded(eachOf(places), WIDTH, async ({ sign, place }) => {
    const integration = await deps.integrations.byId(sign.integrationId, sign.tenant);
    // The integration is gone, and its breaker will leave the board.
    return [integration === undefined ? { place } : await itemOf(deps, place, integration)];
  });
}

/** Everybody else: closed and well, or switched off. */
function rest(
  deps: BreakerListDeps,
  board: readonly BreakerSign[],
  { tenant, state, after, limit }: Read,
): Stream<Item> {
  if (state !== undefined && state !== 'closed' && state !== 'disabled') return eachOf([]);
  const onBoard = new Set(board.map(({ integrationId }) => integrationId));
  const start = after?.startsWith(REST) ? after.slice(REST.length) : undefined;
  const integrations = itemsOf((next = start) =>
    deps.integrations.list({
      limit: readSize(limit),
      ...(tenant !== undefined && { tenant }),
      ...(next !== undefined && { after: next }),
    }),
  );
  return expanded(integrations, WIDTH, async (integration) => {
    const { id, breaker } = integration;
    if (onBoard.has(id)) return [];
    const isWanted = state === undefined || breaker.enabled === (state === 'closed');
    return [isWanted ? await itemOf(deps, restPlace(id), integration) : { place: restPlace(id) }];
  });
}

async function itemOf(
  deps: BreakerListDeps,
  place: string,
  integration: Integration,
): Promise<Item> {
  const breaker = await loadBreaker(deps.breakers, integration);
  return { place, item: breakerItemView(integration, breaker, deps.clock.nowMs()) };
}

async function* eachOf<T>(items: readonly T[]): Stream<T> {
  yield* items;
}

/** Places descend: the worst first, everybody who is well below all of them. */
const REST = '0#';
const GRAVITY: Readonly<Record<BreakerState, number>> = {
  open: 9,
  'forced-open': 8,
  'half-open': 7,
  closed: 6,
  'metrics-only': 4,
  disabled: 3,
};
/** Closed and not even watched: paused by a 429, slow, or just closed. */
const CLOSED_AND_WELL = 5;

function troubledPlace({ state, suspectSinceMs, integrationId }: BreakerSign): string {
  const isWell = state === 'closed' && suspectSinceMs === undefined;
  return `${isWell ? CLOSED_AND_WELL : GRAVITY[state]}#${integrationId}`;
}

function restPlace(id: IntegrationId): string {
  return `${REST}${id}`;
}
