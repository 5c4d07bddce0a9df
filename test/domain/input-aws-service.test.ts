import { describe, expect, it } from 'vitest';
import { patchedIntegration } from '../../lib/domain/input/integration-document.ts';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { integration } from '../contracts/fixtures.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:orders';
const BUS = 'arn:aws:events:eu-central-1:111122223333:event-bus/orders';
const EGRESS = { ...STRICT, targetArns: [QUEUE, BUS] };
const SERVICES = [
  { serviceType: 'sqs', endpoint: QUEUE },
  { serviceType: 'eventbridge', endpoint: BUS },
] as const;

const parse = (body: object, egress = EGRESS) =>
  parseIntegrationInput({ name: 'orders', ...body }, egress);
const refused = async (body: object, egress?: typeof EGRESS) =>
  (await refusalOf(() => parse(body, egress))).fields;

describe.each(SERVICES)('an integration of the type $serviceType', (service) => {
  const { serviceType, endpoint } = service;
  const foreign = `has no meaning for ${serviceType}; leave it out`;

  it('needs nothing but a listed ARN, and is not signed', () => {
    expect(parse(service)).toMatchObject({
      ...service,
      auth: { type: 'none' },
      signing: { scheme: 'none' },
    });
  });

  it('is refused with the ARN where the deployment does not list it', async () => {
    const message = `"${endpoint}" must be listed in the setting "targetArns" of the deployment`;
    expect(await refused(service, { ...EGRESS, targetArns: [] })).toEqual({ endpoint: message });
    expect(await refused(service, STRICT as typeof EGRESS)).toEqual({ endpoint: message });
  });

  it('is refused with the part that is wrong where that is no ARN', async () => {
    expect(await refused({ ...service, endpoint: 'arn:aws:sqs:*:1:q' })).toEqual({
      endpoint: expect.stringContaining('has the region "*"'),
    });
    const url = await refused({ ...service, endpoint: 'https://x.example.com/?token=s3cr3t' });
    expect(url.endpoint).toMatch(/^must be an ARN: arn:/);
    const [other] = SERVICES.filter((each) => each.serviceType !== serviceType);
    expect(Object.keys(await refused({ ...service, endpoint: other?.endpoint }))).toEqual([
      'endpoint',
    ]);
  });

  it('refuses by name what only HTTP has', async () => {
    const fields = await refused({
      ...service,
      auth: { type: 'bearer', token: 'tok' },
      request: { method: 'PUT', contentType: 'application/x+json', headers: { 'X-Env': 'prod' } },
      healthCheck: { url: 'https://erp.example.com/health' },
    });
    expect(fields).toEqual({
      auth: `${foreign}: a role of AWS is used`,
      'request.method': foreign,
      'request.contentType': foreign,
      'request.headers': foreign,
      healthCheck: foreign,
    });
  });

  it('takes what has a meaning: timeout, retry, limits, a transform', () => {
    const transform = { language: 'jmespath', expression: '{of: id}' };
    const more = { request: { timeoutSeconds: 5 }, limits: { perSecond: 10 }, transform };
    expect(parse({ ...service, ...more })).toMatchObject(more);
  });

  it('can be patched without repeating anything', () => {
    const stored = integration(1, { ...service, signing: { scheme: 'none' } });
    const patched = patchedIntegration(stored, { description: 'd' });
    expect(parseIntegrationInput(patched, EGRESS)).toMatchObject({ ...service, description: 'd' });
  });
});

describe('signing', () => {
  it('is taken for a queue, whose messages have attributes', () => {
    const { signing } = parse({ ...SERVICES[0], signing: { scheme: 'standard-webhooks' } });
    expect(signing).toEqual({ scheme: 'standard-webhooks' });
  });

  it('is refused for a bus, whose entries have no place for a signature', async () => {
    const fields = await refused({ ...SERVICES[1], signing: { scheme: 'standard-webhooks' } });
    expect(fields).toEqual({ 'signing.scheme': expect.stringContaining('must be none') });
  });

  it('is not forgotten when a webhook becomes a bus: the patch must say so', async () => {
    const stored = integration(1);
    const fields = async (patch: object) =>
      await refusalOf(() =>
        parseIntegrationInput(patchedIntegration(stored, { ...patch }), EGRESS),
      );
    expect((await fields(SERVICES[1])).fields).toHaveProperty(['signing.scheme']);
    const patch = { ...SERVICES[1], signing: { scheme: 'none' } };
    expect(parseIntegrationInput(patchedIntegration(stored, patch), EGRESS)).toMatchObject(patch);
  });
});

it('an ARN is no endpoint of any other type', async () => {
  for (const serviceType of ['webhook', 'rest_api', 'slack', 'teams']) {
    expect(Object.keys(await refused({ serviceType, endpoint: QUEUE }))).toEqual(['endpoint']);
  }
});
