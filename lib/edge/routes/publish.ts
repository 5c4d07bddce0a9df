import type { Published } from '../../app/accept-event.ts';
import { type PublishDeps, publishBatch, publishEvent } from '../../app/publish-event.ts';
import { requireTenant } from '../../app/tenancy.ts';
import {
  isCloudEventBinary,
  isCloudEventStructured,
  isCloudEventsBatch,
  parseCloudEvent,
  structuredFromBinary,
} from '../../domain/cloudevents.ts';
import { RequestError, shown } from '../../domain/errors.ts';
import { EVENT_BATCH_MAX, EVENT_BYTES_MAX, type NewEvent } from '../../domain/event.ts';
import { type InputRule, PROBLEMS_TOLD_MAX, parseNewEvent } from '../../domain/event-input.ts';
import { fingerprint, timeOfUlid, ulid } from '../../domain/ids.ts';
import { instant } from '../../domain/instant.ts';
import { DEFAULT_TENANT } from '../../domain/integration.ts';
import { isJsonObject } from '../../domain/merge-patch.ts';
import type { RouteOf } from '../../names.ts';
import { checkShape } from '../json.ts';
import { problemOf } from '../problem.ts';
import { readQuery } from '../query.ts';
import type { Reply } from '../reply.ts';
import { jsonBody, type KeyedRequest, refuseEncoded, tooLarge } from '../request.ts';
import type { Route } from '../route.ts';

/** Lambda takes 6 MB with everything around; base64 makes a third more of it. */
const BATCH_BYTES_MAX = 4_194_304;
/** Wide data is data too: only what a body of this size can hardly hold is refused. */
const EVENT_KEYS_MAX = 100_000;
/** What an event is about is the publisher's own, and goes on as it was read. */
const EVENT_RULE = { keysMax: EVENT_KEYS_MAX, opaque: 'data' } as const;
const BATCH_RULE = { ...EVENT_RULE, keysMax: 2 * EVENT_KEYS_MAX } as const;

const JSON_TYPE = 'application/json';
const CLOUD_EVENT_TYPE = 'application/cloudevents+json';
const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json';

/** Both routes that accept events, each in JSON and in the modes of CloudEvents. */
export function publishRoutes(deps: PublishDeps) {
  return {
    'POST /v1/events': {
      scope: 'events:publish',
      bodyBytesMax: BATCH_BYTES_MAX,
      answer: (request) => single(deps, request),
    },
    'POST /v1/events/batch': {
      scope: 'events:publish',
      bodyBytesMax: BATCH_BYTES_MAX,
      answer: (request) => {
        readQuery(request, []);
        const types = [JSON_TYPE, CLOUD_EVENTS_TYPE];
        return batch(deps, request, jsonBody(request, { types, ...BATCH_RULE }));
      },
    },
  } as const satisfies Record<RouteOf<'publish'>, Route>;
}

async function single(deps: PublishDeps, request: KeyedRequest): Promise<Reply> {
  readQuery(request, []);
  const contentType = request.headers['content-type'] ?? '';
  if (isCloudEventsBatch(contentType)) {
    const types = [CLOUD_EVENTS_TYPE];
    return batch(deps, request, jsonBody(request, { types, ...BATCH_RULE }));
  }
  if (request.body.length > EVENT_BYTES_MAX) throw tooLarge(request.body.length, EVENT_BYTES_MAX);
  const event = parseSingle(deps, request, contentType);
  requireTenant(request.principal, event.tenant);
  const published = await publishEvent(deps, event, request.run?.seed);
  // After a run that died, the event it stored is this very request's.
  const again = request.run?.again === true;
  return {
    statusCode: published.duplicate && !again ? 200 : 202,
    body: publishedView(published),
  };
}

function parseSingle(deps: PublishDeps, request: KeyedRequest, contentType: string): NewEvent {
  const rule = ruleOf(deps, request);
  if (isCloudEventStructured(contentType)) {
    const types = [CLOUD_EVENT_TYPE];
    return parseCloudEvent(jsonBody(request, { types, ...EVENT_RULE }), rule);
  }
  if (isCloudEventBinary(request.headers)) {
    refuseEncoded(request);
    const event = structuredFromBinary(request.headers, request.body);
    checkShape(event.data, EVENT_KEYS_MAX);
    return parseCloudEvent(event, rule);
  }
  const types = [JSON_TYPE, CLOUD_EVENT_TYPE, CLOUD_EVENTS_TYPE];
  return parseNewEvent(jsonBody(request, { types, ...EVENT_RULE }), rule);
}

/** Each event of a batch has its own result, in the batch's order; one fault harms no other. */
async function batch(deps: PublishDeps, request: KeyedRequest, body: unknown): Promise<Reply> {
  const given = eventsOf(body);
  const rule = ruleOf(deps, request);
  const cloud = isCloudEventsBatch(request.headers['content-type'] ?? '');
  // What is no larger than one event has none in it that is too large.
  const mayHoldLarge = request.body.length > EVENT_BYTES_MAX;
  const events = given.map((event) => {
    try {
      if (mayHoldLarge) requireSize(event);
      const parsed = cloud ? parseCloudEvent(event, rule) : parseNewEvent(event, rule);
      requireTenant(request.principal, parsed.tenant);
      return parsed;
    } catch (error) {
      if (error instanceof RequestError) return error;
      throw error;
    }
  });
  const seed = request.run?.seed;
  const seeds = seed === undefined ? [] : events.map((_, i) => seedAt(seed, i));
  const again = request.run?.again === true;
  const results = (await publishBatch(deps, events, seeds)).map((result) => {
    if (result.kind === 'refused') {
      const problem = problemOf(result.error, request.id);
      return { status: problem.status, problem };
    }
    const { duplicate, id } = result.published;
    return { status: duplicate && !again ? 200 : 202, id };
  });
  return { statusCode: 207, body: { results } };
}

/** The limit of an event that comes alone, less the spaces between its values. */
function requireSize(event: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes <= EVENT_BYTES_MAX) return;
  throw new RequestError(
    'payload-too-large',
    `The event takes ${bytes} bytes as JSON without spaces; allowed are ${EVENT_BYTES_MAX}.`,
  );
}

/** `{"events": […]}` or the bare list. */
function eventsOf(body: unknown): readonly unknown[] {
  const wrapped = isJsonObject(body) && Object.hasOwn(body, 'events');
  const others = wrapped ? Object.keys(body).filter((name) => name !== 'events') : [];
  if (others.length > 0) throw unknownFields(others);
  const events = wrapped ? body.events : body;
  if (Array.isArray(events) && events.length >= 1 && events.length <= EVENT_BATCH_MAX) {
    return events;
  }
  const given = Array.isArray(events) ? `a list of ${events.length}` : 'no list';
  const message = `${given} is not allowed; allowed: a list of 1 to ${EVENT_BATCH_MAX} events`;
  throw new RequestError('invalid', `events: ${message}, as {"events": […]} or on its own.`, {
    fields: [{ path: 'events', message }],
  });
}

function unknownFields(names: readonly string[]): RequestError {
  const message = 'is not a field of a batch; allowed: events';
  const fields = names.slice(0, PROBLEMS_TOLD_MAX).map((name) => ({ path: shown(name), message }));
  return new RequestError('invalid', `${fields[0]?.path}: ${message}`, { fields });
}

/** A ULID for each event of a batch, the same in every run of the request. */
function seedAt(seed: string, i: number): string {
  const bytes = Buffer.from(fingerprint(seed, String(i)), 'base64url');
  return ulid(timeOfUlid(seed) ?? 0, bytes);
}

function ruleOf({ clock }: PublishDeps, { principal }: KeyedRequest): InputRule {
  return { defaultTenant: principal.tenant ?? DEFAULT_TENANT, nowMs: clock.nowMs() };
}

/** An accepted event as it is answered. */
export function publishedView(published: Published) {
  const { id, type, tenant, acceptedAtMs, deliveries, fanout } = published;
  const acceptedAt = instant(acceptedAtMs);
  return { id, type, tenant, acceptedAt, deliveries, fanout };
}
