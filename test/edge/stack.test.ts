import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { httpHandler } from '../../lib/edge/http.ts';
import type { Route } from '../../lib/edge/route.ts';
import { httpWorld } from './http-world.ts';

const EVENT = {
  version: '2.0',
  routeKey: 'GET /health/live',
  rawPath: '/health/live',
  rawQueryString: '',
  headers: {},
  requestContext: { requestId: 'req-1', http: { method: 'GET', path: '/health/live' } },
  isBase64Encoded: false,
};

function handlerOf(answer: Route['answer']) {
  const { deps, clock } = httpWorld();
  const routes = { 'GET /health/live': { scope: null, answer } as Route };
  return { deps, clock, handler: httpHandler(deps, 'api', routes) };
}

const contextWith = (remainingMs: number) =>
  ({ getRemainingTimeInMillis: () => remainingMs }) as Context;

describe('the stack of the HTTP functions', () => {
  it('answers 503 before Lambda would cut it off without an answer', async () => {
    const { deps, clock, handler } = handlerOf(() => new Promise<never>(() => {}));
    const endsAtMs = clock.nowMs() + 29_000;
    const left = { getRemainingTimeInMillis: () => endsAtMs - clock.nowMs() } as Context;
    const answering = handler(EVENT, left);
    await new Promise(setImmediate);
    clock.advance(28_500);
    const answer = await answering;
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([503, 'unavailable']);
    expect(answer.headers['x-request-id']).toBe('req-1');
    expect(deps.telemetry.lines).toMatchObject([{ message: 'http.request', level: 'error' }]);
  });

  it('works on though its clock is ahead by all the time it has', async () => {
    const { handler } = handlerOf(() => ({ statusCode: 200, body: {} }));
    expect((await handler(EVENT, contextWith(-1_000))).statusCode).toBe(200);
  });

  it('answers 500 for a route that the function does not have', async () => {
    const { handler } = handlerOf(() => ({ statusCode: 200 }));
    const answer = await handler({ ...EVENT, routeKey: 'GET /other' }, contextWith(29_000));
    expect(answer.statusCode).toBe(500);
  });

  it('answers 500 for what is thrown and no error', async () => {
    const { handler } = handlerOf(() => Promise.reject('text'));
    expect((await handler(EVENT, contextWith(29_000))).statusCode).toBe(500);
  });

  it.each([
    ['a text that JSON makes twice as long', '"'.repeat(3_100_000), {}],
    ['a text', 'x'.repeat(6_000_001), {}],
    [
      'a text that would be small when compressed',
      'x'.repeat(6_000_001),
      { 'accept-encoding': 'gzip' },
    ],
  ])('answers 422 in place of %s that Lambda would not hand over', async (_, text, headers) => {
    const { deps, handler } = handlerOf(() => ({ statusCode: 200, text }));
    const answer = await handler({ ...EVENT, headers }, contextWith(29_000));
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([422, 'limit-reached']);
    expect(answer.headers).toMatchObject({ 'x-request-id': 'req-1', 'x-frame-options': 'DENY' });
    expect(deps.telemetry.lines).toMatchObject([{ fields: { status: 422 } }]);
  });

  it('hands over what just fits', async () => {
    const text = 'x'.repeat(5_900_000);
    const { handler } = handlerOf(() => ({ statusCode: 200, text }));
    expect((await handler(EVENT, contextWith(29_000))).body).toBe(text);
  });
});
