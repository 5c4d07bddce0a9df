import {
  type BreakerRef,
  type BreakerSign,
  type BreakerState,
  PRIMARY_TARGET,
  type Transition,
} from '../domain/breaker.ts';
import { breakerTargets } from '../domain/breaker-targets.ts';
import { FALLBACK_LINKS_MAX } from '../domain/fallback.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { type BreakerName, findBreaker } from './breaker-control.ts';
import { type BreakerItemView, breakerItemView } from './breaker-views.ts';
import { type PageWanted, readSize } from './event-lists.ts';
import type { SecretDeps } from './integration-secrets.ts';
import type { Clock, Integrations, Page } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { eachOf, expanded, itemsOf, type Placed, pageOf, type Stream } from './streams.ts';
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
 * The breaker of every integration's own endpoint, and those of fallbacks that are troubled: the
 * troubled first, the worst of them before the others, then the rest, newest integration first.
 * One that changes while somebody pages through may be seen twice or not at all.
 */
export async function listBreakers(
  deps: BreakerListDeps,
  caller: Caller,
  { state, after, limit }: BreakerQuery,
): Promise<Page<BreakerItemView>> {
  const tenant = tenantSeen(caller);
  const board = (await deps.breakers.board()).filter(
    (sign) => tenant === undefined || sign.tenant === tenant,
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
  name: BreakerName,
  { after, limit }: PageWanted,
): Promise<Page<Transition>> {
  const { ref } = await findBreaker(deps, caller, name);
  return await deps.breakers.history(ref, {
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
    // The integration or that fallback of it is gone, and its breaker will leave the board.
    if (!integration || !breakerTargets(integration).includes(sign.target)) return [{ place }];
    return [await itemOf(deps, place, integration, sign)];
  });
}

/** Everybody else: closed and well, or switched off. */
function rest(
  deps: BreakerListDeps,
  board: readonly BreakerSign[],
  { tenant, state, after, limit }: Read,
): Stream<Item> {
  if (state !== undefined && state !== 'closed' && state !== 'disabled') return eachOf([]);
  const primaries = board.filter(({ target }) => target === PRIMARY_TARGET);
  const onBoard = new Set(primaries.map(({ integrationId }) => integrationId));
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
    const place = restPlace(id);
    const isWanted = state === undefined || breaker.enabled === (state === 'closed');
    return [isWanted ? await itemOf(deps, place, integration, primaryOf(integration)) : { place }];
  });
}

async function itemOf(
  deps: BreakerListDeps,
  place: string,
  integration: Integration,
  ref: BreakerRef,
): Promise<Item> {
  const breaker = await loadBreaker(deps.breakers, ref);
  return { place, item: breakerItemView(integration, breaker, deps.clock.nowMs()) };
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

/** Of one integration's breakers that are equally bad the endpoint's own first, then by number. */
function troubledPlace({ state, suspectSinceMs, integrationId, target }: BreakerSign): string {
  const isWell = state === 'closed' && suspectSinceMs === undefined;
  const gravity = isWell ? CLOSED_AND_WELL : GRAVITY[state];
  return `${gravity}#${integrationId}~${FALLBACK_LINKS_MAX - target}`;
}

function restPlace(id: IntegrationId): string {
  return `${REST}${id}`;
}
