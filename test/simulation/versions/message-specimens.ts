import {
  encodeDoorbell,
  encodeEventRef,
  encodeWork,
  parseDoorbell,
  parseEventRef,
  parseWork,
} from '../../../lib/domain/messages.ts';
import { delivery, event, integration, T0, ulidOf } from '../../contracts/fixtures.ts';

/** A message as text, and what it says. */
export interface MessageSpecimen {
  readonly text: string;
  parse(text: string): unknown;
}

/** What one version of the code sent, and what every later one must make of it. */
export interface MessageGold {
  readonly of: string;
  readonly text: string;
  readonly means: unknown;
}

const MESSAGES = new URL('../../fixtures/messages/', import.meta.url);

export const messageUrl = (name: string) => new URL(`${name}.json`, MESSAGES);

const { tenant, eventId, integrationId, type, acceptedAtMs } = delivery(1);
const DOORBELL = { tenant, eventId, integrationId, type, acceptedAtMs };
const doorbell = (task: Parameters<typeof encodeDoorbell>[0]): MessageSpecimen => ({
  text: encodeDoorbell(task),
  parse: parseDoorbell,
});
const token = (task: Parameters<typeof encodeWork>[0]): MessageSpecimen => ({
  text: encodeWork(task),
  parse: parseWork,
});

export const MESSAGE_SPECIMENS: Readonly<Record<string, MessageSpecimen>> = {
  doorbell: doorbell({
    ...{ ...DOORBELL, attempt: 1, lane: 'slow', orderingKey: 'customer-7' },
    body: event(1).body,
  }),
  'doorbell-of-little': doorbell({ ...DOORBELL, type: '', attempt: 0 }),
  'fan-out': { text: encodeEventRef({ tenant, eventId }), parse: parseEventRef },
  drain: token({ kind: 'drain', tenant, integrationId: integration(1).id, step: 3 }),
  probe: token({
    ...{ kind: 'probe', tenant, integrationId: integration(1).id, target: 1, version: 7 },
  }),
  job: token({ kind: 'job', jobId: `job_${ulidOf(T0 % 1_000)}` }),
};
