import { describe, expect, it } from 'vitest';
import { authorizerEvent, functionEvent, type RawRequest } from '../../lib/local/http-event.ts';
import { functionReply } from '../../lib/local/http-reply.ts';
import { routeMatcher } from '../../lib/local/http-routes.ts';

const PLACE = {
  apiId: 'api1',
  accountId: '000000000000',
  region: 'us-east-1',
  domainName: '127.0.0.1:8787',
};
const BYTES = Buffer.from([0, 255, 1]);

function routed(request: Partial<RawRequest>, pathParameters?: Record<string, string>) {
  return {
    routeKey: 'POST /in/{source}',
    pathParameters,
    requestId: 'req-1',
    nowMs: Date.UTC(2026, 10, 2, 3, 4, 5),
    request: {
      method: 'POST',
      target: '/in/abc',
      rawHeaders: ['Host', 'localhost', 'User-Agent', 'curl/8'],
      body: Buffer.alloc(0),
      sourceIp: '127.0.0.1',
      protocol: 'HTTP/1.1',
      ...request,
    },
  };
}

const eventOf = (request: Partial<RawRequest>, parameters?: Record<string, string>) =>
  functionEvent(PLACE, routed(request, parameters), undefined);
const withType = (type: string, body: Buffer, ...more: string[]) =>
  eventOf({ rawHeaders: ['Content-Type', type, ...more], body });

describe('an event of the HTTP API', () => {
  it('has the shape of payload format 2.0', () => {
    expect(
      functionEvent(PLACE, routed({ target: '/in/abc?a=1' }, { source: 'abc' }), {
        principal: '{}',
      }),
    ).toEqual({
      version: '2.0',
      routeKey: 'POST /in/{source}',
      rawPath: '/in/abc',
      rawQueryString: 'a=1',
      headers: {
        host: 'localhost',
        'user-agent': 'curl/8',
        'content-length': '0',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '8787',
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { a: '1' },
      pathParameters: { source: 'abc' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'api1',
        authorizer: { lambda: { principal: '{}' } },
        domainName: '127.0.0.1:8787',
        domainPrefix: 'api1',
        http: {
          method: 'POST',
          path: '/in/abc',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'curl/8',
        },
        requestId: 'req-1',
        routeKey: 'POST /in/{source}',
        stage: '$default',
        time: '02/Nov/2026:03:04:05 +0000',
        timeEpoch: 1_793_588_645_000,
      },
      isBase64Encoded: false,
    });
  });

  it('leaves out query, cookies and path parameters that are not there', () => {
    const event = eventOf({});
    for (const name of ['queryStringParameters', 'cookies', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(name);
    }
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it('joins equal headers and parameters with commas, and takes cookies apart', () => {
    const event = eventOf({
      target: '/x?a=1&a=%20two&b=&c=x+y',
      rawHeaders: ['X-A', '1', 'x-a', '2', 'Cookie', 'a=1; b=2', 'Connection', 'keep-alive'],
    });
    expect(event.headers).toMatchObject({ 'x-a': '1,2' });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.headers).not.toHaveProperty('connection');
    expect(event.cookies).toEqual(['a=1', 'b=2']);
    expect(event.rawQueryString).toBe('a=1&a=%20two&b=&c=x+y');
    expect(event.queryStringParameters).toEqual({ a: '1, two', b: '', c: 'x y' });
  });

  it('hands paths on decoded', () => {
    expect(eventOf({ target: '/in/a%20b' }).rawPath).toBe('/in/a b');
    expect(eventOf({ target: '/in/100%' }).rawPath).toBe('/in/100%');
  });

  it.each([
    ['application/json', '{"a":"ü"}'],
    ['application/json; charset=utf-8', '{}'],
    ['application/cloudevents+json', '{}'],
    ['text/plain', 'hello'],
    ['application/xml', '<a/>'],
  ])('carries %s as text', (type, body) => {
    expect(withType(type, Buffer.from(body))).toMatchObject({ body, isBase64Encoded: false });
  });

  it.each([
    ['application/octet-stream', BYTES],
    ['application/x-www-form-urlencoded', Buffer.from('a=1')],
    ['application/gzip', BYTES],
    ['', Buffer.from('no type')],
    ['application/json', BYTES],
  ])('carries %s as base64', (type, body) => {
    const expected = { body: body.toString('base64'), isBase64Encoded: true };
    expect(withType(type, body)).toMatchObject(expected);
  });

  it('carries compressed text as base64', () => {
    const event = withType('application/json', BYTES, 'Content-Encoding', 'gzip');
    expect(event).toMatchObject({ body: 'AP8B', isBase64Encoded: true });
  });

  it('goes to the authorizer without its body', () => {
    const event = authorizerEvent(
      PLACE,
      routed({ body: Buffer.from('x'), target: '/v1/events?x' }),
    );
    expect(event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/$default/POST/v1/events',
    });
    expect(event).not.toHaveProperty('body');
  });
});

describe('a route', () => {
  const match = routeMatcher(
    [
      '$default',
      'ANY /in/{source}',
      'POST /in/special',
      'GET /v1/events/{event}',
      'POST /v1/events',
      'POST /v1/events/batch',
      'GET /files/{path+}',
      'GET /files/{id}/meta',
    ].map((routeKey) => ({ routeKey })),
  );

  it.each([
    ['GET', '/in/abc', 'ANY /in/{source}', { source: 'abc' }],
    ['POST', '/in/special', 'POST /in/special', undefined],
    ['PUT', '/in/special', 'ANY /in/{source}', { source: 'special' }],
    ['POST', '/v1/events/batch', 'POST /v1/events/batch', undefined],
    ['GET', '/v1/events/batch', 'GET /v1/events/{event}', { event: 'batch' }],
    ['GET', '/v1/events/a%20b', 'GET /v1/events/{event}', { event: 'a b' }],
    ['GET', '/files/a/b/c', 'GET /files/{path+}', { path: 'a/b/c' }],
    ['GET', '/files/7/meta', 'GET /files/{id}/meta', { id: '7' }],
    ['DELETE', '/v1/events', '$default', undefined],
    ['GET', '/in/', '$default', undefined],
    ['GET', '/', '$default', undefined],
  ])('%s %s is %s', (method, path, routeKey, pathParameters) => {
    expect(match(method, path)).toEqual({ route: { routeKey }, pathParameters });
  });

  it('is none where nothing matches and there is no default', () => {
    expect(routeMatcher([{ routeKey: 'GET /a' }])('GET', '/b')).toBeUndefined();
  });
});

describe('what a function returns', () => {
  const reply = (result: unknown) => {
    const made = functionReply(JSON.stringify(result) ?? 'null');
    return made && { ...made, body: made.body.toString() };
  };

  it.each([
    [
      'an object without a status',
      { a: 1 },
      200,
      { 'content-type': 'application/json' },
      '{"a":1}',
    ],
    ['text', 'hello', 200, { 'content-type': 'application/json' }, 'hello'],
    ['nothing', null, 200, { 'content-type': 'application/json' }, 'null'],
    [
      'a status alone',
      { statusCode: 204 },
      204,
      { 'content-type': 'text/plain;charset=utf-8' },
      '',
    ],
    [
      'all there is',
      {
        statusCode: 201,
        headers: { 'Content-Type': 'text/csv', 'X-N': 7, 'Content-Length': '999' },
        cookies: ['a=1', 'b=2'],
        body: 'YQ==',
        isBase64Encoded: true,
      },
      201,
      { 'content-type': 'text/csv', 'x-n': '7', 'set-cookie': ['a=1', 'b=2'] },
      'a',
    ],
  ])('%s becomes an answer', (_, result, statusCode, headers, body) => {
    expect(reply(result)).toEqual({ statusCode, headers, body });
  });

  it.each([
    ['a status that is none', { statusCode: 'soon' }],
    ['a status out of range', { statusCode: 99 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ])('%s becomes no answer', (_, result) => {
    expect(reply(result)).toBeUndefined();
  });
});
