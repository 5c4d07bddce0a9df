import { invalidField, shown } from '../domain/errors.ts';
import { isSourceId } from '../domain/ids.ts';
import { DEFAULT_TENANT, INTEGRATION_NAME } from '../domain/integration.ts';
import {
  type EventFilter,
  type EventListDeps,
  listEvents,
  type PageWanted,
} from './event-lists.ts';
import type { Page, Sources } from './ports.ts';
import type { EventSummary } from './ports-history.ts';

export interface EventSourceDeps extends EventListDeps {
  readonly sources: Pick<Sources, 'byName'>;
}

export interface EventsAsked extends Omit<EventFilter, 'sources'> {
  /** The id or name of a source, or what CloudEvents gave as theirs. */
  readonly source?: string | undefined;
}

/**
 * Events, newest first, narrowed by where they came from. A name that is no source's is 422 once
 * it is sure that no CloudEvent that is kept has it as its `source`; until then it may be one.
 */
export async function listEventsAsked(
  deps: EventSourceDeps,
  asked: EventsAsked,
  page: PageWanted,
): Promise<Page<EventSummary>> {
  const { source, ...filter } = asked;
  if (source === undefined) return await listEvents(deps, filter, page);
  // An id is taken as it is, for history outlives its source.
  const isName = !isSourceId(source) && INTEGRATION_NAME.test(source);
  const tenant = filter.tenant ?? DEFAULT_TENANT;
  const found = isName ? await deps.sources.byName(tenant, source) : undefined;
  const sources = found === undefined ? [source] : [found.id, source];
  const events = await listEvents(deps, { ...filter, sources }, page);
  const isUnknown = isName && found === undefined && page.after === undefined;
  if (isUnknown && isEmpty(events)) await requireAny(deps, filter.tenant, source);
  return events;
}

async function requireAny(deps: EventSourceDeps, tenant: string | undefined, source: string) {
  const ofAnyTime = { tenant, sources: [source], range: {} };
  if (!isEmpty(await listEvents(deps, ofAnyTime, { limit: 1 }))) return;
  throw invalidField(
    'source',
    `there is no source ${JSON.stringify(shown(source))}, and no event that says it is from there; ` +
      'allowed: the id or name of a source, or the source of CloudEvents',
  );
}

/** Surely: one that only ran out of its budget is not. */
function isEmpty({ items, next }: Page<EventSummary>): boolean {
  return items.length === 0 && next === undefined;
}
