import { RequestError } from './errors.ts';
import { EVENT_BYTES_MAX, type EventRecord, type NewEvent } from './event.ts';
import { fingerprint } from './ids.ts';
import type { Route } from './integration.ts';

/**
 * The event as it is stored: its body put together once, so that every attempt sends the same
 * bytes. `seed` makes the id where the caller gave none. 413 beyond 1 MiB.
 */
export function recordOf(
  event: NewEvent,
  targets: readonly Route[],
  nowMs: number,
  seed: string,
): EventRecord {
  const timestamp = event.timestamp ?? new Date(nowMs).toISOString();
  const data = JSON.stringify(event.data);
  const head = `{"type":${JSON.stringify(event.type)},"timestamp":${JSON.stringify(timestamp)}`;
  const body = `${head},"data":${data}}`;
  if (body.length > EVENT_BYTES_MAX || Buffer.byteLength(body) > EVENT_BYTES_MAX) {
    throw new RequestError(
      'payload-too-large',
      `data: the event takes ${Buffer.byteLength(body)} bytes; allowed are ${EVENT_BYTES_MAX}.`,
    );
  }
  const said = [
    event.timestamp,
    event.deliverAtMs,
    event.integrations,
    event.metadata,
    event.source,
  ];
  return {
    tenant: event.tenant,
    id: event.id ?? `evt_${seed}`,
    type: event.type,
    timestamp,
    acceptedAtMs: nowMs,
    body,
    targets: targets.map(({ id }) => id),
    fingerprint: fingerprint(event.type, data, JSON.stringify(said)),
    ...(event.source !== undefined && { source: event.source }),
    ...(event.metadata !== undefined && { metadata: event.metadata }),
    ...(event.deliverAtMs !== undefined && { deliverAtMs: event.deliverAtMs }),
  };
}
