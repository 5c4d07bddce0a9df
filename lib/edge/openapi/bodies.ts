import { EVENT_BATCH_MAX, EVENT_TYPE, EVENT_TYPE_CHARS_MAX } from '../../domain/event.ts';
import { CALLERS_ID, DIRECT_TARGETS_MAX } from '../../domain/event-input.ts';
import { disablingSchema, orderSchema, tripSchema } from '../../domain/input/breaker-input.ts';
import { callSchema } from '../../domain/input/call-input.ts';
import { integrationSchema } from '../../domain/input/integration-input.ts';
import { keyRotationSchema, keySchema } from '../../domain/input/key-input.ts';
import { recoverSchema } from '../../domain/input/recover-input.ts';
import { replaySchema } from '../../domain/input/replay-input.ts';
import { requestSchema } from '../../domain/input/request-input.ts';
import { rotationSchema } from '../../domain/input/rotation-input.ts';
import { sourceSchema } from '../../domain/input/source-input.ts';
import { testCallSchema } from '../../domain/input/test-call-input.ts';
import { TENANT } from '../../domain/integration.ts';
import { ORDERING_KEY } from '../../domain/line.ts';
import {
  METADATA_CHARS_MAX,
  METADATA_NAME_CHARS_MAX,
  METADATA_PAIRS_MAX,
} from '../../domain/metadata.ts';
import { RECOVER_STATUSES } from '../../domain/recovery.ts';
import { inputOf, patchOf, withFields } from './derived.ts';
import {
  choice,
  INSTANT,
  listOf,
  mapOf,
  matching,
  object,
  type Schema,
  type Schemas,
  SENT_HEADERS,
  text,
} from './schema.ts';

const HEADERS = mapOf(text());
const FILTER: Schema = {
  description: 'An EventBridge event pattern over the event; null is none.',
  type: ['object', 'null'],
};

const ALL = inputOf(integrationSchema);
/** `endpoint` has a default for PagerDuty alone, which a schema of the others cannot say. */
const INTEGRATION = withFields(
  ALL,
  {
    filter: FILTER,
    request: withFields(inputOf(requestSchema), { headers: SENT_HEADERS }),
    fallback: withHeaders((ALL.properties as Schemas).fallback ?? {}),
  },
  ['endpoint'],
);

/** What answers add: taken back as long as it says what is stored. */
const SHOWN: Schemas = {
  id: text(),
  status: text(),
  disabledReason: { type: ['string', 'null'] },
  createdAt: text(),
  updatedAt: text(),
};

const SOURCE = withFields(inputOf(sourceSchema), {
  verification: {
    type: 'object',
    description: 'What the provider needs: `GET /v1/providers` says it.',
  },
});

const METADATA: Schema = {
  type: 'object',
  maxProperties: METADATA_PAIRS_MAX,
  propertyNames: { maxLength: METADATA_NAME_CHARS_MAX },
  additionalProperties: text({ maxLength: METADATA_CHARS_MAX }),
};

const RESERVED_IDS =
  'Names the event for good. Not beginning with `breaker-int_`: those ids are of events of ' +
  'Breakwater’s own.';

const EVENT: Schema = {
  ...object(
    { type: matching(EVENT_TYPE, { maxLength: EVENT_TYPE_CHARS_MAX }) },
    {
      data: { description: 'Anything that is JSON; `{}` where it is left out.' },
      id: matching(CALLERS_ID, { description: RESERVED_IDS }),
      tenant: matching(TENANT),
      timestamp: INSTANT,
      orderingKey: matching(ORDERING_KEY),
      integrations: listOf(text(), { minItems: 1, maxItems: DIRECT_TARGETS_MAX }),
      deliverAt: INSTANT,
      metadata: METADATA,
    },
  ),
  additionalProperties: false,
};

/** CloudEvents 1.0 in JSON; extensions are kept as metadata. */
const CLOUD_EVENT: Schema = {
  ...object(
    {
      specversion: { const: '1.0' },
      id: text({ minLength: 1, description: RESERVED_IDS }),
      source: text({ minLength: 1 }),
      type: matching(EVENT_TYPE, { maxLength: EVENT_TYPE_CHARS_MAX }),
    },
    { time: { anyOf: [INSTANT, { type: 'null' }] }, data: {}, data_base64: text() },
  ),
  propertyNames: { pattern: '^([a-z0-9]{1,60}|data_base64)$' },
};

function batchOf(event: Schema): Schema {
  return listOf(event, { minItems: 1, maxItems: EVENT_BATCH_MAX });
}

/** Each result has its own status, so an event may be anything here. */
const ANY_BATCH = batchOf({});

const RECOVER_STATUS = choice(RECOVER_STATUSES);

/** Bodies of requests, by the names of their components. */
export const BODY_SCHEMAS: Schemas = {
  NewEvent: EVENT,
  CloudEvent: CLOUD_EVENT,
  EventBatch: {
    anyOf: [ANY_BATCH, { ...object({ events: ANY_BATCH }), additionalProperties: false }],
  },
  CloudEventBatch: ANY_BATCH,
  IntegrationInput: INTEGRATION,
  IntegrationReplacement: withFields(INTEGRATION, SHOWN),
  IntegrationPatch: patchOf(withFields(INTEGRATION, SHOWN)),
  SourceInput: SOURCE,
  SourcePatch: patchOf(SOURCE),
  KeyInput: inputOf(keySchema),
  KeyRotation: inputOf(keyRotationSchema),
  Rotation: inputOf(rotationSchema),
  TestCallInput: inputOf(testCallSchema),
  CallInput: withFields(inputOf(callSchema), { headers: HEADERS, query: queryPairs() }),
  Replay: inputOf(replaySchema),
  Recovery: withFields(inputOf(recoverSchema), {
    since: INSTANT,
    until: INSTANT,
    status: {
      anyOf: [RECOVER_STATUS, listOf(RECOVER_STATUS, { minItems: 1 })],
      default: 'failed',
    },
  }),
  BreakerOrder: inputOf(orderSchema),
  BreakerTrip: inputOf(tripSchema),
  BreakerDisabling: inputOf(disablingSchema),
  Nothing: { type: 'object', maxProperties: 0 },
};

function queryPairs(): Schema {
  const one: Schema = { type: ['string', 'number', 'boolean'] };
  return { type: 'object', additionalProperties: { anyOf: [one, listOf(one)] } };
}

/** The values of `headers` of each link: they are read one by one, so that none is ever quoted. */
function withHeaders(fallback: Schema): Schema {
  const { anyOf = [] } = fallback as { readonly anyOf?: readonly Schema[] };
  return { ...fallback, anyOf: anyOf.map((either) => ({ ...either, ...itemsOf(either) })) };
}

function itemsOf({ items }: Schema): Schema {
  const { oneOf = [] } = (items ?? {}) as { readonly oneOf?: readonly Schema[] };
  const links = oneOf.map((link) => {
    const has = (field: string) => Object.hasOwn(link.properties as Schemas, field);
    // Of a link with a URL they are sent; of a static one they are answered.
    const headers = { ...(has('url') ? SENT_HEADERS : HEADERS), default: {} };
    return has('headers') ? withFields(link, { headers }) : link;
  });
  return links.length === 0 ? {} : { items: { oneOf: links } };
}
