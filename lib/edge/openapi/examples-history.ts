/** Examples of events, deliveries and jobs. */

const AT = '2026-03-14T09:26:53.589Z';
const LATER = '2026-03-14T09:27:23.589Z';
const INT = 'int_01kkpx3s4h8m2n6q9r5t7v1w3x';
const EVT = 'evt_01kkpx3s4h8m2n6q9r5t7v1w3y';
const DLV = 'dlv_01kkpx3s4h8m2n6q9r5t7v1w3y01kkpx3s4h8m2n6q9r5t7v1w3x';
const ENDPOINT = 'https://erp.example.com/hooks';

const DELIVERY = {
  id: DLV,
  event: EVT,
  type: 'invoice.paid',
  integration: INT,
  tenant: 'default',
  status: 'delivered',
  attempts: 1,
  nextAttemptAt: null,
  heldBy: null,
  deliveredVia: 'primary',
  createdAt: AT,
  completedAt: LATER,
};
const ATTEMPT = {
  id: 'att_01kkpx3s4h8m2n6q9r5t7v1w3z',
  number: 1,
  startedAt: AT,
  latencyMs: 84,
  target: ENDPOINT,
  outcome: 'success',
  error: null,
  statusCode: 200,
  responseHeaders: { 'content-type': 'text/plain' },
  responseBody: 'ok',
  retryAfterSeconds: null,
};
const EVENT_SUMMARY = {
  id: EVT,
  type: 'invoice.paid',
  tenant: 'default',
  acceptedAt: AT,
  source: null,
  deliverAt: null,
};

export const HISTORY_EXAMPLES = {
  Published: {
    id: EVT,
    type: 'invoice.paid',
    tenant: 'default',
    acceptedAt: AT,
    deliveries: [{ id: DLV, integration: INT, status: 'queued' }],
    fanout: 'inline',
  },
  BatchResults: { results: [{ status: 202, id: EVT }] },
  Received: { id: EVT },
  EventSummary: EVENT_SUMMARY,
  Event: {
    ...EVENT_SUMMARY,
    timestamp: AT,
    metadata: {},
    orderingKey: null,
    data: { amount: 120, currency: 'EUR' },
  },
  Delivery: DELIVERY,
  DeliveryDetail: { ...DELIVERY, attempts: [ATTEMPT] },
  Attempt: ATTEMPT,
  Replayed: { id: EVT, deliveries: [{ ...DELIVERY, status: 'queued', nextAttemptAt: LATER }] },
  Job: {
    id: 'job_01kkpx3s4h8m2n6q9r5t7v1w3x',
    kind: 'recover',
    tenant: 'default',
    integration: INT,
    dryRun: false,
    status: 'running',
    progress: { done: 250, total: 1_200 },
    error: null,
    request: { since: AT, until: LATER, status: ['failed'], dryRun: false },
    createdAt: LATER,
    finishedAt: null,
  },
};
