import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import { parseExactJson } from '../../lib/domain/exact-json.ts';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
const parse = (more: object = {}) => parseIntegrationInput({ ...BASE, ...more }, STRICT);
const refused = async (more: object) => (await refusalOf(() => parse(more))).fields;

describe('an integration', () => {
  it('needs a name and an endpoint, and gets the defaults of the contract', () => {
    expect(parse()).toEqual({
      ...BASE,
      serviceType: 'webhook',
      description: '',
      metadata: {},
      eventTypes: ['*'],
      request: { method: 'POST', contentType: 'application/json', headers: {}, timeoutSeconds: 15 },
      auth: { type: 'none' },
      signing: { scheme: 'standard-webhooks' },
      retry: RETRY_DEFAULTS,
      breaker: BREAKER_DEFAULTS,
      limits: {},
      fallback: [],
      ordering: 'none',
    });
  });

  it('takes every field of the primary path', () => {
    const given = {
      name: '0-a',
      tenant: 'Team_1.x-y',
      serviceType: 'webhook' as const,
      description: 'd'.repeat(1000),
      metadata: { team: 'finance' },
      eventTypes: ['invoice.*', 'order.paid', '*'],
      request: {
        method: 'PATCH' as const,
        contentType: 'application/cloudevents+json; charset=utf-8',
        headers: { 'X-Env': 'prod' },
        timeoutSeconds: 30,
      },
      auth: { type: 'bearer' as const, token: 'tok' },
      signing: { scheme: 'github' as const, secret: 's'.repeat(16) },
      breaker: { ...BREAKER_DEFAULTS, enabled: false, halfOpenVerdict: 'rate' as const },
      limits: { perSecond: 0.5, concurrency: 10 },
      healthCheck: {
        method: 'HEAD' as const,
        url: 'https://erp.example.com/health',
        intervalSeconds: 300,
        timeoutSeconds: 5,
        expectStatus: ['204', '4xx'],
      },
    };
    const rest = { retry: RETRY_DEFAULTS, fallback: [], ordering: 'none' };
    expect(parse(given)).toEqual({ ...BASE, ...given, ...rest });
  });

  it('is told everything that is wrong with it at once', async () => {
    const fields = await refused({
      name: 'Bad Name',
      endpoint: 'http://127.0.0.1/',
      tenant: '#',
      serviceType: 'carrier-pigeon',
      description: 1,
      metadata: { a: 1 },
      eventTypes: ['a.*.b', '*.a', ''],
      request: {
        method: 'GET',
        timeoutSeconds: 31,
        contentType: 'text/plain',
        headers: { Host: 'x' },
      },
      auth: { type: 'basic', username: 'a:b' },
      signing: { scheme: 'hmac', hmac: 'sha256' },
      retry: { jitter: 2, maxAttempts: 0 },
      breaker: { halfOpenCalls: 0 },
      limits: { perSecond: 0 },
      healthCheck: { url: 'http://10.0.0.1/', intervalSeconds: 59 },
      fallback: [{ type: 'url' }],
      id: 'int_1',
      extra: true,
    });
    expect(Object.keys(fields).sort()).toEqual([
      'auth.password',
      'auth.username',
      'breaker.halfOpenCalls',
      'description',
      'endpoint',
      'eventTypes.0',
      'eventTypes.1',
      'eventTypes.2',
      'extra',
      'fallback.0.url',
      'healthCheck.intervalSeconds',
      'healthCheck.url',
      'id',
      'limits.perSecond',
      'metadata.a',
      'name',
      'request.contentType',
      'request.headers.Host',
      'request.method',
      'request.timeoutSeconds',
      'retry.jitter',
      'retry.maxAttempts',
      'serviceType',
      'signing.hmac',
      'tenant',
    ]);
  });

  it('is told of a number that no double holds as it was written', async () => {
    const retry = { maxAttempts: parseExactJson('9007199254740993') };
    expect((await refused({ retry }))['retry.maxAttempts']).toMatch(/^9007199254740993 is not/);
  });

  it('says what was given and what is allowed', async () => {
    const fields = await refused({
      name: 'Bad',
      serviceType: 'carrier-pigeon',
      request: { method: 'GET', timeoutSeconds: 31 },
    });
    expect(fields).toEqual({
      name: '"Bad" is not allowed: 1 to 63 of a–z 0–9 -, not beginning with a hyphen',
      serviceType:
        '"carrier-pigeon" is not allowed: one of webhook, rest_api, slack, discord, teams, pagerduty, sqs, eventbridge',
      'request.method': '"GET" is not allowed: one of POST, PUT, PATCH',
      'request.timeoutSeconds': '31 is not allowed: a whole number of seconds from 1 to 30',
    });
  });

  it.each([
    [{ ordering: 'fifo' }, { ordering: 'fifo', orderingTimeoutSeconds: 3_600 }],
    [
      { ordering: 'fifo', orderingTimeoutSeconds: 60 },
      { ordering: 'fifo', orderingTimeoutSeconds: 60 },
    ],
    [{ ordering: 'fifo', orderingTimeoutSeconds: null }, { orderingTimeoutSeconds: 3_600 }],
    [{ ordering: 'none', orderingTimeoutSeconds: null }, { ordering: 'none' }],
  ])('keeps order as it is told: %j', (given, expected) => {
    expect(parse(given)).toMatchObject(expected);
  });

  it.each([
    [{ ordering: 'lifo' }, 'ordering', '"lifo" is not allowed: one of none, fifo'],
    [
      { ordering: 'fifo', orderingTimeoutSeconds: 59 },
      'orderingTimeoutSeconds',
      '59 is not allowed: a whole number of seconds from 60 to 86400',
    ],
    [
      { orderingTimeoutSeconds: 600 },
      'orderingTimeoutSeconds',
      '600 is not allowed: it goes with "ordering": "fifo" alone',
    ],
  ])('refuses another order: %j', async (given, field, message) => {
    expect(await refused(given)).toEqual({ [field]: message });
  });

  it.each(['id', 'status', 'disabledReason', 'createdAt', 'updatedAt'])(
    'does not let the caller set %s',
    async (field) => {
      expect(await refused({ [field]: 'x' })).toEqual({
        [field]: 'is set by Breakwater; leave it out',
      });
    },
  );

  it.each([
    ['http://erp.example.com/'],
    ['https://10.0.0.1/'],
    ['https://localhost/'],
    ['https://api.breakwater.example.com/v1/events'],
    ['ftp://erp.example.com'],
    [''],
  ])('is refused when its endpoint is %j', async (endpoint) => {
    expect(Object.keys(await refused({ endpoint }))).toEqual(['endpoint']);
  });

  it.each([
    [{ name: undefined }, 'name'],
    [{ name: 'a'.repeat(64) }, 'name'],
    [{ name: '-a' }, 'name'],
    [{ endpoint: undefined }, 'endpoint'],
    [{ endpoint: 7 }, 'endpoint'],
    [{ description: 'd'.repeat(1001) }, 'description'],
    [{ tenant: '' }, 'tenant'],
    [{ eventTypes: [] }, 'eventTypes'],
    [{ eventTypes: Array.from({ length: 101 }, () => 'a') }, 'eventTypes'],
    [{ eventTypes: ['a..b'] }, 'eventTypes.0'],
    [{ eventTypes: ['a'.repeat(129)] }, 'eventTypes.0'],
    [{ eventTypes: 'a' }, 'eventTypes'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, ''])) }, 'metadata'],
    [{ metadata: { a: 'v'.repeat(501) } }, 'metadata.a'],
    [{ metadata: { '': 'v' } }, 'metadata.'],
    [{ request: [] }, 'request'],
    [{ request: { contentType: 'application/xml' } }, 'request.contentType'],
    [{ request: { contentType: 'application/json\r\nx: y' } }, 'request.contentType'],
    [{ request: { timeoutSeconds: '15' } }, 'request.timeoutSeconds'],
    [{ request: { headers: [] } }, 'request.headers'],
    [{ request: { headers: { authorization: 'x' } } }, 'request.headers.authorization'],
    [{ request: { headers: { 'X-A': 'a\n' } } }, 'request.headers.X-A'],
    [
      {
        request: {
          headers: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x${i}`, ''])),
        },
      },
      'request.headers',
    ],
    [{ retry: null }, 'retry'],
  ])('is refused for %j at %s alone', async (more, path) => {
    expect(Object.keys(await refused(more))).toEqual([path]);
  });
});

describe('auth', () => {
  it.each([
    [{ type: 'none' }],
    [{ type: 'bearer', token: 'a.b-c_d=' }],
    [{ type: 'basic', username: 'jörg', password: '' }],
    [{ type: 'apiKey', header: 'X-Api-Key', value: 'two words' }],
  ])('may be %j', (auth) => {
    expect(parse({ auth }).auth).toEqual(auth);
  });

  it.each([
    [{ type: 'digest' }, 'auth.type'],
    [{}, 'auth.type'],
    ['hunter2', 'auth'],
    [{ type: 'bearer' }, 'auth.token'],
    [{ type: 'bearer', token: 'hunter2 hunter2' }, 'auth.token'],
    [{ type: 'bearer', token: 'hunter2\n' }, 'auth.token'],
    [{ type: 'bearer', token: 'hunter2', password: 'hunter2' }, 'auth.password'],
    [{ type: 'bearer', token: ['hunter2'] }, 'auth.token'],
    [{ type: 'basic', username: 'a', password: 'hunter2\u0000' }, 'auth.password'],
    [{ type: 'apiKey', header: 'Authorization', value: 'hunter2' }, 'auth.header'],
    [{ type: 'apiKey', header: 5, value: 'hunter2' }, 'auth.header'],
    [{ type: 'apiKey', header: 'X-A', value: ' hunter2' }, 'auth.value'],
  ])('is refused as %j at %s, without a secret in the answer', async (auth, path) => {
    const { fields, message } = await refusalOf(() => parse({ auth }));
    expect(Object.keys(fields)).toEqual([path]);
    expect(JSON.stringify([fields, message])).not.toContain('hunter2');
  });
});
