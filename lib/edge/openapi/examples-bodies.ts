/** An example of each request body. */

const AT = '2026-03-14T09:26:53.589Z';
const ENDPOINT = 'https://erp.example.com/hooks';

export const NEW_INTEGRATION = {
  name: 'billing-erp',
  serviceType: 'webhook',
  endpoint: ENDPOINT,
  eventTypes: ['invoice.*'],
  filter: { data: { amount: [{ numeric: ['>', 100] }] } },
  limits: { perSecond: 50, concurrency: 10 },
};
const NEW_SOURCE = { name: 'stripe', provider: 'stripe', secret: 'whsec_of-your-endpoint' };

export const BODY_EXAMPLES = {
  NewEvent: { type: 'invoice.paid', data: { amount: 120, currency: 'EUR' } },
  CloudEvent: { specversion: '1.0', id: '42', source: '/erp', type: 'invoice.paid', data: {} },
  EventBatch: [{ type: 'invoice.paid', data: { amount: 120 } }],
  CloudEventBatch: [{ specversion: '1.0', id: '42', source: '/erp', type: 'invoice.paid' }],
  IntegrationInput: NEW_INTEGRATION,
  IntegrationReplacement: NEW_INTEGRATION,
  IntegrationPatch: { description: 'Invoices', limits: { perSecond: 20 }, filter: null },
  SourceInput: NEW_SOURCE,
  SourcePatch: { description: 'Payments' },
  KeyInput: { name: 'billing', scopes: ['events:publish'] },
  KeyRotation: { graceSeconds: 3_600 },
  Rotation: { graceSeconds: 3_600 },
  TestCallInput: { type: 'invoice.paid', data: { amount: 1 } },
  CallInput: { method: 'GET', path: '/customers', query: { page: 2 } },
  Replay: { integrations: ['billing-erp'] },
  Recovery: { since: AT, status: ['failed'], dryRun: true },
  BreakerOrder: { reason: 'They say it is fixed.' },
  BreakerTrip: { reason: 'Maintenance', forSeconds: 600 },
  BreakerDisabling: { keepCounting: true },
  Nothing: {},
};
