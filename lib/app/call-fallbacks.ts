import { QUEUED_CALL_TYPE } from '../domain/call.ts';
import { staticAnswer } from '../domain/call-answer.ts';
import {
  type CacheLink,
  callLinks,
  linksForAny,
  type NumberedLink,
  type QueueLink,
  type StaticLink,
  type UrlLink,
} from '../domain/fallback.ts';
import { queuedCallData } from '../domain/queued-call.ts';
import { targetName, urlTarget } from '../domain/target.ts';
import type { Fallback } from '../policies/fallback.ts';
import { type CallCacheDeps, lastAnswer } from './call-cache.ts';
import { askTarget, type CallRun, type Given, NotServed } from './call-run.ts';
import type { CallTargetDeps } from './call-target.ts';
import { publishEvent } from './publish-event.ts';

export type CallFallbackDeps = CallTargetDeps & CallCacheDeps;

type CallLink = NumberedLink<UrlLink | CacheLink | StaticLink | QueueLink>;

/** A link has nothing to give; the next one is asked. */
class LinkPassed extends Error {
  override readonly name = 'LinkPassed';
}

/** The links of the integration's chain that may answer this call, in order. */
export function fallbacksOf(deps: CallFallbackDeps, run: CallRun): readonly Fallback<Given>[] {
  return linksOf(run).map((numbered) => ({
    name: sourceOf(numbered),
    on: (failure) =>
      failure instanceof NotServed &&
      numbered.link.on.some((trigger) => trigger === failure.trigger) &&
      mayServe(run, numbered),
    run: async () => {
      try {
        return await give(deps, run, numbered);
      } catch (error) {
        note(deps, run, numbered, error);
        throw error;
      }
    },
  }));
}

/**
 * How much of the time is kept back for fallback URLs: a service that hangs must not use up theirs.
 * Nothing where none may be asked after that.
 */
export function reservedShare(run: CallRun): number {
  const waits = linksOf(run).filter(
    ({ link }) => link.type === 'url' && link.on.includes('exhausted'),
  );
  return run.plan.isIdempotent ? Math.min(waits.length * RESERVED_SHARE, RESERVED_SHARE_MAX) : 0;
}

const RESERVED_SHARE = 0.25;
const RESERVED_SHARE_MAX = 0.5;

function linksOf({ integration }: CallRun): readonly CallLink[] {
  return linksForAny((trigger) => callLinks(integration.fallback, trigger));
}

function sourceOf({ number, link }: CallLink): string {
  switch (link.type) {
    case 'url':
      return targetName(number);
    case 'queue':
      return 'queued';
    case 'cache':
    case 'static':
      return link.type;
  }
}

/** What must not be done twice is done elsewhere only if it surely was not done yet. */
function mayServe({ plan, trail }: CallRun, { link }: CallLink): boolean {
  switch (link.type) {
    case 'url':
    case 'queue':
      return plan.isIdempotent || trail.isUnprocessed;
    case 'cache':
      return plan.isIdempotent;
    case 'static':
      return true;
  }
}

async function give(
  deps: CallFallbackDeps,
  run: CallRun,
  { number, link }: CallLink,
): Promise<Given> {
  switch (link.type) {
    case 'url': {
      const target = urlTarget(run.integration, { number, link });
      const { answer } = await askTarget(deps, run, target, turnEndMs(deps, run, number));
      return { kind: 'answer', answer };
    }
    case 'cache': {
      const { integration, plan } = run;
      const last = await lastAnswer(deps, integration, plan.call, link.maxAgeSeconds);
      if (last === undefined) throw new LinkPassed('There is no answer that is young enough.');
      return { kind: 'answer', ...last };
    }
    case 'static':
      return { kind: 'answer', answer: staticAnswer(link) };
    case 'queue':
      return { kind: 'queued', published: await queue(deps, run) };
  }
}

/** Each URL still to come may have an equal part of the time that is left. */
function turnEndMs({ clock }: CallFallbackDeps, run: CallRun, number: number): number {
  const nowMs = clock.nowMs();
  const left = linksOf(run).filter((one) => one.link.type === 'url' && one.number >= number);
  return nowMs + (run.untilMs - nowMs) / Math.max(left.length, 1);
}

/** Keeps the call as an event for this integration alone; the same call twice is one event. */
async function queue(deps: CallFallbackDeps, { integration, plan, seed }: CallRun) {
  const event = {
    tenant: integration.tenant,
    // The same id on every try, now and later: receivers tell repetitions by it.
    id: plan.call.id,
    type: QUEUED_CALL_TYPE,
    data: queuedCallData(integration.id, plan.call),
    integrations: [integration.id],
  };
  return await publishEvent(deps, event, seed);
}

function note(
  { telemetry }: CallFallbackDeps,
  { integration }: CallRun,
  link: CallLink,
  error: unknown,
): void {
  if (error instanceof LinkPassed || error instanceof NotServed) return;
  const { tenant, id: integrationId } = integration;
  telemetry.warn('call.fallback-failed', {
    ...{ tenant, integrationId, source: sourceOf(link), error },
  });
}
