import type { IntegrationId } from '../domain/ids.ts';
import { instant } from '../domain/instant.ts';
import {
  type Frame,
  frameOf,
  type StatsAsked,
  type StatsSample,
  seriesOf,
} from '../domain/stats.ts';
import {
  reachedBy,
  restOf,
  type Slice,
  slicesOf,
  stretched,
  weighed,
} from '../domain/stats-sample.ts';
import { concurrently } from './concurrently.ts';
import { eventStream } from './event-lists.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { tenantsFor } from './locate.ts';
import { find } from './named-registry.ts';
import type { Clock, Integrations } from './ports.ts';
import type { Deliveries, Events } from './ports-history.ts';
import { first } from './streams.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

interface ReadDeps {
  readonly deliveries: Pick<Deliveries, 'ofIntegration' | 'sample'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly retentionDays: number;
}

export type IntegrationStatsDeps = ReadDeps & Pick<SecretDeps, 'integrations'>;

export interface DeploymentStatsDeps extends ReadDeps {
  readonly integrations: Pick<Integrations, 'list' | 'tenants'>;
  readonly events: Pick<Events, 'list'>;
}

/** What is read of one integration; beyond `newest` deliveries in the range it is a sample. */
interface Budget {
  readonly newest: number;
  readonly slices: number;
  /** Of one shard of one slice, or of a part of what is left of it. */
  readonly rows: number;
  /** Slices that are read side by side. */
  readonly width: number;
}

export const OF_ONE: Budget = { newest: 1_000, slices: 40, rows: 100, width: 16 };
/** Integrations whose deliveries the series of a tenant or of the deployment is made of. */
export const INTEGRATIONS_COUNTED_MAX = 50;
/** Each of them, exactly; slices beyond are shared out among them. */
export const OF_EACH_NEWEST = 200;
const SLICES_SHARED = 200;
const OF_EACH = { newest: OF_EACH_NEWEST, rows: 50, width: 4 } as const;
const INTEGRATIONS_WIDTH = 4;
/** Newest events that say which integrations were active, where there are too many to count all. */
const EVENTS_ASKED_MAX = 1_000;
const EVENTS_PAGE = 250;

/**
 * What became of an integration's deliveries over time, from what its history shows now: nothing
 * is written for it with a delivery, and what is read is bounded, however busy it is.
 */
export async function integrationStats(
  deps: IntegrationStatsDeps,
  caller: Caller,
  ref: string,
  asked: StatsAsked,
) {
  const frame = frameOf(asked, ruleOf(deps));
  const { id } = await find(integrationRegistry(deps), caller, ref);
  const { samples, sampled } = await read(deps, id, frame, OF_ONE);
  return { ...headOf(frame), sampled, data: dataOf(samples, frame) };
}

/**
 * The same of all integrations that the caller sees; of no more than the most recently active
 * `INTEGRATIONS_COUNTED_MAX`, and the answer says so.
 */
export async function deploymentStats(
  deps: DeploymentStatsDeps,
  caller: Caller,
  asked: StatsAsked,
) {
  const frame = frameOf(asked, ruleOf(deps));
  const { ids, complete } = await countedOf(deps, tenantSeen(caller), frame);
  const share = Math.floor(SLICES_SHARED / Math.max(ids.length, 1));
  const budget = { ...OF_EACH, slices: Math.min(share, OF_ONE.slices) };
  const all = await concurrently(ids, INTEGRATIONS_WIDTH, (id) => read(deps, id, frame, budget));
  const data = dataOf(
    all.flatMap(({ samples }) => samples),
    frame,
  );
  const sampled = !complete || all.some((one) => one.sampled);
  return { ...headOf(frame), sampled, integrations: { counted: ids.length, complete }, data };
}

function ruleOf({ clock, retentionDays }: ReadDeps) {
  return { nowMs: clock.nowMs(), retentionDays };
}

/** Every integration, or those that the newest events of the range were for, then the newest. */
async function countedOf(
  deps: DeploymentStatsDeps,
  tenant: string | undefined,
  frame: Frame,
): Promise<{ readonly ids: readonly IntegrationId[]; readonly complete: boolean }> {
  const limit = INTEGRATIONS_COUNTED_MAX;
  const of = tenant === undefined ? {} : { tenant };
  const { items, next } = await deps.integrations.list({ ...of, limit });
  const listed = items.map(({ id }) => id);
  if (next === undefined) return { ids: listed, complete: true };
  const tenants = await tenantsFor(deps.integrations, tenant);
  const active = new Set<IntegrationId>();
  const events = eventStream(deps.events, tenants, rangeOf(frame), EVENTS_PAGE);
  for await (const { targets } of first(events, EVENTS_ASKED_MAX)) {
    for (const target of targets) active.add(target);
    if (active.size >= limit) break;
  }
  return { ids: [...new Set([...active, ...listed])].slice(0, limit), complete: false };
}

interface Read {
  readonly samples: readonly StatsSample[];
  readonly sampled: boolean;
}

/** The newest deliveries of the range; if it has more, a part of each slice before them. */
async function read(
  deps: ReadDeps,
  integrationId: IntegrationId,
  frame: Frame,
  budget: Budget,
): Promise<Read> {
  const range = rangeOf(frame);
  const page = await deps.deliveries.ofIntegration({ integrationId, range, limit: budget.newest });
  const newest = page.items.map((item) => ({ ...item, weight: 1 }));
  if (page.next === undefined) return { samples: newest, sampled: false };
  const slices = slicesOf(frame.sinceMs, reachedBy(newest, frame.untilMs), budget.slices);
  const before = await concurrently(slices, budget.width, (slice) =>
    readSlice(deps, integrationId, slice, budget.rows),
  );
  return { samples: [...newest, ...before.flat()], sampled: true };
}

/** One shard of the slice; what one read does not reach is read in parts, each for itself. */
async function readSlice(
  deps: ReadDeps,
  integrationId: IntegrationId,
  slice: Slice,
  limit: number,
): Promise<readonly StatsSample[]> {
  const rowsOf = ({ shard, ...range }: Slice) =>
    deps.deliveries.sample({ integrationId, shard, range, limit });
  const rows = await rowsOf(slice);
  if (rows.length < limit) return weighed(rows);
  const parts = restOf(slice, rows);
  const rest = await concurrently(parts, parts.length, async (part) => {
    const found = await rowsOf(part);
    return found.length < limit ? weighed(found) : stretched(found, part);
  });
  return [...weighed(rows), ...rest.flat()];
}

function rangeOf({ sinceMs, untilMs }: Frame) {
  return { sinceMs, untilMs };
}

function headOf({ bucket, sinceMs, untilMs }: Frame) {
  return { bucket, since: instant(sinceMs), until: instant(untilMs) };
}

function dataOf(samples: readonly StatsSample[], frame: Frame) {
  return seriesOf(samples, frame).map(({ atMs, ...figures }) => ({
    at: instant(atMs),
    ...figures,
  }));
}
