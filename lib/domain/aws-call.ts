import type { Integration } from './integration.ts';
import {
  type EventBridgeEnvelope,
  entryProblem,
  eventBridgeEnvelope,
  headOf,
} from './services/eventbridge.ts';
import { type SqsEnvelope, sqsEnvelope, sqsProblem } from './services/sqs.ts';

/** What goes with the body to a service of AWS; the call's URL is then an ARN. */
export type Envelope = SqsEnvelope | EventBridgeEnvelope;

interface Sent {
  readonly eventId: string;
  readonly orderingKey?: string | undefined;
  /** The event as it is stored. */
  readonly stored: Uint8Array;
  /** What is made of it. */
  readonly body: Uint8Array;
  /** Ids and signature: a queue gets them as message attributes, a bus has no place for them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface AwsCall {
  readonly method: 'SendMessage' | 'PutEvents';
  readonly headers: Readonly<Record<string, string>>;
  readonly envelope: Envelope;
  /** Why the service would refuse it whatever the try. */
  readonly problem: string | undefined;
}

/** How the queue or event bus that stands as endpoint gets an event. */
export function awsCall(
  { serviceType, endpoint, id, tenant }: Integration,
  { eventId, orderingKey, stored, body, headers }: Sent,
): AwsCall {
  if (serviceType === 'eventbridge') {
    const envelope = eventBridgeEnvelope(tenant, stored);
    return { method: 'PutEvents', headers: {}, envelope, problem: entryProblem(envelope, body) };
  }
  const attributes = { ...headers, 'breakwater-type': headOf(stored).type };
  const envelope = sqsEnvelope(endpoint, { eventId, orderingKey, integrationId: id });
  const problem = sqsProblem(body, attributes);
  return { method: 'SendMessage', headers: attributes, envelope, problem };
}
