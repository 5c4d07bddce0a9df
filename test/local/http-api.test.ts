import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpApi, listenHttpApi } from '../../lib/local/http-api.ts';
import { type LambdaFunction, lambdaFunction } from '../../lib/local/lambda.ts';

const errors: unknown[] = [];
let api: HttpApi;
let functions: Readonly<Record<string, LambdaFunction>>;

beforeAll(async () => {
  api = await listenHttpApi(0, (error) => errors.push(error));
  functions = { answers: lambda('answers'), authorizes: lambda('authorizes') };
});
afterAll(async () => {
  await api.stop();
  await Promise.all(Object.values(functions).map((fn) => fn.stop()));
});

function lambda(exportName: string): LambdaFunction {
  const file = fileURLToPath(new URL('./fixtures/handlers.ts', import.meta.url));
  return lambdaFunction(
    {
      name: exportName,
      arn: '',
      file,
      exportName,
      timeoutMs: 20_000,
      memoryMb: 256,
      environment: {},
    },
    { region: 'us-east-1', variables: {}, concurrencyMax: 4, onLine: () => undefined },
  );
}

function serve() {
  const route = (routeKey: string, authorizerFunctionId?: string) => ({
    routeKey,
    functionId: 'answers',
    // A first invocation takes seconds where the machine is busy.
    timeoutMs: routeKey === 'ANY /slow' ? 1500 : 20_000,
    authorizerFunctionId,
  });
  api.serve({
    place: { apiId: 'a', accountId: '0', region: 'us-east-1', domainName: 'localhost' },
    routes: [route('ANY /slow'), route('ANY /{path}'), route('POST /keyed/{id}', 'authorizes')],
    functionOf: (id) => functions[id] ?? lambda(id),
  });
}

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${api.url}${path}`, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}
const MESSAGE = (message: string) => JSON.stringify({ message });
const keyed = (user: string) =>
  ask('/keyed/1', { method: 'POST', body: 'x', headers: { 'x-user': user } });

describe('the HTTP API of the local run', () => {
  it('says 503 until it is told what to serve', async () => {
    expect(await ask('/x')).toMatchObject({ status: 503, body: MESSAGE('Service Unavailable') });
    serve();
    expect(await ask('/x')).toMatchObject({ status: 200, body: '{"bytes":0}' });
  });

  it('hands the context of the authorizer on, and shows it no body', async () => {
    const { status, body } = await keyed('ada');
    expect(status).toBe(200);
    expect(JSON.parse(body).authorizer).toEqual({ lambda: { user: 'ada', sawBody: false } });
  });

  it.each([
    ['the authorizer refuses', () => keyed('nobody'), 403, 'Forbidden'],
    ['the authorizer breaks', () => keyed('boom'), 500, 'Internal Server Error'],
    ['the function throws', () => ask('/throw'), 500, 'Internal Server Error'],
    ['the answer has no status', () => ask('/nonsense'), 500, 'Internal Server Error'],
    ['the answer has a header that is none', () => ask('/header'), 500, 'Internal Server Error'],
    ['the function takes too long', () => ask('/slow'), 503, 'Service Unavailable'],
    ['no route matches', () => ask('/a/b/c'), 404, 'Not Found'],
  ])('answers with the message of API Gateway when %s', async (_, request, status, message) => {
    expect(await request()).toMatchObject({ status, body: MESSAGE(message) });
  });

  it.each([
    ['above 10 MiB', 10 * 1024 * 1024 + 1],
    ['of 6 MiB, which Lambda does not take', 6 * 1024 * 1024],
  ])('refuses a body %s with 413', async (_, bytes) => {
    const headers = { 'content-type': 'text/plain' };
    const answer = await ask('/x', { method: 'POST', body: 'x'.repeat(bytes), headers });
    expect(answer).toMatchObject({ status: 413, body: MESSAGE('Request Entity Too Large') });
  });

  it('refuses headers above 10 KiB with 431', async () => {
    expect(await ask('/x', { headers: { 'x-long': 'x'.repeat(11_000) } })).toMatchObject({
      status: 431,
    });
  });

  it('names each request, and sends no body with 204', async () => {
    const { status, body, headers } = await ask('/none');
    expect([status, body]).toEqual([204, '']);
    expect(headers.get('apigw-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lets a running request end while it drains, and takes no other', async () => {
    const invocations = () => functions.answers?.counts().invocations;
    const before = invocations() ?? 0;
    const running = ask('/slow', { method: 'POST' });
    await expect.poll(invocations, { timeout: 10_000, interval: 5 }).toBe(before + 1);
    await api.drain();
    expect((await running).status).toBe(503);
    await expect(ask('/x')).rejects.toThrow();
  });
});
