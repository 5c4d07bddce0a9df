import { describe, expect, it } from 'vitest';
import { httpWorld } from './http-world.ts';

const INTEGRATION = { name: 'ops', endpoint: 'https://hooks.example.com/a/b' };

describe('service types and transforms over HTTP', () => {
  it('422 with the position of a mistake in an expression', async () => {
    const { call } = httpWorld();
    const transform = { language: 'jmespath', expression: 'data.items[?n > 1]' };
    const answer = await call('POST', '/v1/integrations', { body: { ...INTEGRATION, transform } });
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid']);
    expect(answer.json.errors).toEqual([
      {
        path: 'transform.expression',
        message:
          'is not JMESPath at character 17: a value is expected here, not a bare number (as a value it is `1`)',
      },
    ]);
  });

  it('201 for each type, found by it in the list', async () => {
    const { call } = httpWorld();
    for (const serviceType of ['rest_api', 'slack', 'discord', 'teams']) {
      const body = { ...INTEGRATION, name: serviceType.replace('_', '-'), serviceType };
      expect((await call('POST', '/v1/integrations', { body })).status).toBe(201);
      const list = await call('GET', `/v1/integrations?serviceType=${serviceType}`);
      expect(list.json.data).toMatchObject([{ serviceType, transform: null }]);
    }
  });
});
