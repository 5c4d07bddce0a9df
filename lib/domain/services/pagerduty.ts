import type { EventDocument, Message } from './message.ts';
import { cut, oneLine } from './text.ts';

/** Where events go unless the integration says otherwise (the EU has a host of its own). */
export const PAGERDUTY_ENDPOINT = 'https://events.pagerduty.com/v2/enqueue';
/** An integration key of the Events API: PagerDuty refuses other lengths. */
export const ROUTING_KEY = /^[A-Za-z0-9]{32}$/;

const SUMMARY_CHARS_MAX = 1_024;
const DEDUP_KEY_CHARS_MAX = 255;

/**
 * An event of the Events API v2. What the same thing is about has one `dedup_key`: an event that
 * is sent twice is one alert, and a breaker that closes resolves the alert of its opening.
 */
export function pagerdutyBody(message: Message, event: EventDocument, routingKey: string): unknown {
  return {
    routing_key: routingKey,
    event_action: message.isOver ? 'resolve' : 'trigger',
    dedup_key: cut(message.subject, DEDUP_KEY_CHARS_MAX),
    payload: {
      summary: cut(message.title, SUMMARY_CHARS_MAX),
      // Whoever routes an event to PagerDuty wants to be woken by it.
      severity: message.severity ?? 'error',
      source: message.source,
      timestamp: event.timestamp,
      class: event.type,
      custom_details: {
        event: event.id,
        ...Object.fromEntries(message.facts.map(({ name, value }) => [name, value])),
        ...(message.isCut && { '…': 'and more' }),
      },
    },
    client: 'Breakwater',
  };
}

/** The same with a summary of one's own. */
export function pagerdutyText(text: string, message: Message): Message {
  return { ...message, title: oneLine(text) };
}
