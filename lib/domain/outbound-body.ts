import { parseExactJson } from './exact-json.ts';
import type { Integration } from './integration.ts';
import { isObject } from './jmespath/values.ts';
import { discordBody, discordText } from './services/discord.ts';
import { eventDetail } from './services/eventbridge.ts';
import { type EventDocument, type Message, messageOf } from './services/message.ts';
import { pagerdutyBody, pagerdutyText } from './services/pagerduty.ts';
import { slackBody, slackText } from './services/slack.ts';
import { teamsBody, teamsText } from './services/teams.ts';
import { transformed } from './transform.ts';

type Shape = Pick<Integration, 'serviceType' | 'transform' | 'auth' | 'tenant'>;

export type OutboundBody =
  | { readonly kind: 'ready'; readonly body: Uint8Array }
  /** There is nothing that could be sent, now or at another try. */
  | { readonly kind: 'unsendable'; readonly reason: string };

const NO_DETAIL: OutboundBody = {
  kind: 'unsendable',
  reason: 'transform: its result is no object, and the detail of an EventBridge entry must be one',
};

/**
 * What an integration is sent of an event: the same bytes on every try, as long as its settings
 * stay. `body` is the event as it is stored, `{"type","timestamp","data"}`.
 */
export function outboundBody(integration: Shape, eventId: string, body: Uint8Array): OutboundBody {
  const { serviceType, transform, tenant } = integration;
  const isPlain = ['webhook', 'rest_api', 'sqs'].includes(serviceType);
  if (isPlain && transform === undefined) return { kind: 'ready', body };
  const isEntry = serviceType === 'eventbridge';
  if (isEntry && transform === undefined) return ready(eventDetail(eventId, body));
  const event = documentOf(eventId, body);
  if (transform === undefined) return naturalBody(integration, event, messageOf(event, tenant));
  const made = transformed(transform, event);
  if (made.kind === 'failed') return { kind: 'unsendable', reason: `transform: ${made.reason}` };
  const { value, json } = made;
  if (isEntry && !isObject(value)) return NO_DETAIL;
  if (typeof value !== 'string') return ready(withRoutingKey(integration, value) ?? json);
  // For people a text is a message; for a machine it is the body.
  return isPlain ? ready(value) : textBody(integration, value, event);
}

function documentOf(id: string, body: Uint8Array): EventDocument {
  const stored = parseExactJson(new TextDecoder().decode(body)) as Omit<EventDocument, 'id'>;
  return { id, ...stored };
}

function naturalBody(integration: Shape, event: EventDocument, message: Message): OutboundBody {
  switch (integration.serviceType) {
    case 'webhook':
    case 'rest_api':
    case 'sqs':
    case 'eventbridge':
      return ready(JSON.stringify(event));
    case 'slack':
      return ready(JSON.stringify(slackBody(message, event)));
    case 'discord':
      return ready(JSON.stringify(discordBody(message, event)));
    case 'teams':
      return ready(JSON.stringify(teamsBody(message, event)));
    case 'pagerduty':
      return ready(JSON.stringify(pagerdutyBody(message, event, routingKeyOf(integration))));
  }
}

function textBody(integration: Shape, text: string, event: EventDocument): OutboundBody {
  switch (integration.serviceType) {
    case 'webhook':
    case 'rest_api':
    case 'sqs':
      return ready(text);
    case 'eventbridge':
      return NO_DETAIL;
    case 'slack':
      return ready(JSON.stringify(slackText(text)));
    case 'discord':
      return ready(JSON.stringify(discordText(text)));
    case 'teams':
      return ready(JSON.stringify(teamsText(text)));
    case 'pagerduty': {
      const message = pagerdutyText(text, messageOf(event, integration.tenant));
      return naturalBody(integration, event, message);
    }
  }
}

/** A credential has no place in an expression: PagerDuty's is put in where a result leaves it out. */
function withRoutingKey(integration: Shape, value: unknown): string | undefined {
  if (integration.serviceType !== 'pagerduty' || !isObject(value)) return undefined;
  return JSON.stringify({ routing_key: routingKeyOf(integration), ...value });
}

function routingKeyOf({ auth }: Shape): string {
  return auth.type === 'bearer' ? auth.token : '';
}

function ready(text: string): OutboundBody {
  return { kind: 'ready', body: Buffer.from(text, 'utf8') };
}
