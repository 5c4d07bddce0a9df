import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type LambdaFunction, lambdaFunction } from '../../lib/local/lambda.ts';
import type { FunctionSpec } from '../../lib/local/lambda-environment.ts';

const lines: string[] = [];
const failures: string[] = [];
const made: LambdaFunction[] = [];

function lambda(exportName: string, more: Partial<FunctionSpec> & { readonly cap?: number } = {}) {
  const spec: FunctionSpec = {
    name: exportName,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${exportName}`,
    file: fileURLToPath(new URL('./fixtures/handlers.ts', import.meta.url)),
    exportName,
    timeoutMs: 3000,
    memoryMb: 256,
    environment: { STAGE: 'local' },
    ...more,
  };
  const made_ = lambdaFunction(spec, {
    region: 'us-east-1',
    variables: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' },
    concurrencyMax: more.cap ?? 4,
    onLine: (_, line) => lines.push(line),
    onFailure: (_, { errorType }) => failures.push(errorType),
  });
  made.push(made_);
  return made_;
}

async function answer(of: LambdaFunction, event: unknown = {}) {
  const result = await of.invoke(event);
  return result.kind === 'answer' ? JSON.parse(result.payload) : result;
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((each) => each.stop()));
  lines.length = 0;
  failures.length = 0;
});

describe('a function of the local run', () => {
  it('gets its own environment and nothing of the host', async () => {
    process.env.SECRET_OF_THE_HOST = 'x';
    const { event, env, context, remainingMs } = await answer(lambda('echo'), { a: [1] });
    expect(event).toEqual({ a: [1] });
    expect(env).toMatchObject({
      STAGE: 'local',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
    });
    expect(env).not.toHaveProperty('SECRET_OF_THE_HOST');
    expect(env).not.toHaveProperty('PATH');
    expect(context).toMatchObject({ functionName: 'echo', memoryLimitInMB: '256' });
    expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(remainingMs).toBeGreaterThan(2000);
    expect(remainingMs).toBeLessThanOrEqual(3000);
  });

  it('keeps its module state between invocations that follow each other', async () => {
    const echo = lambda('echo');
    await answer(echo);
    expect(await answer(echo)).toMatchObject({ calls: 2 });
    expect(echo.counts()).toEqual({ invocations: 2, errors: 0, coldStarts: 1 });
  });

  it('runs no timer between two invocations', async () => {
    const ticking = lambda('ticking');
    const first = await answer(ticking);
    expect(first.after).toBeGreaterThan(0);
    await sleep(200);
    const second = await answer(ticking);
    expect(second.before).toBe(first.after);
  });

  it('starts another environment while one is busy, up to the cap', async () => {
    const slow = lambda('slow', { cap: 2 });
    await Promise.all([1, 2, 3, 4].map(() => answer(slow, { ms: 150 })));
    expect(slow.counts()).toEqual({ invocations: 4, errors: 0, coldStarts: 2 });
  });

  it('hands on each line as it is written, before the handler is done', async () => {
    const slow = lambda('slow');
    const running = answer(slow, { ms: 2000 });
    await expect.poll(() => lines, { timeout: 1900, interval: 5 }).toEqual(['started']);
    await running;
    await answer(lambda('prints'));
    expect(lines).toEqual(['started', 'one', 'two', 'three']);
  });

  it.each([
    ['a wait', 'slow', { ms: 5000 }],
    ['a loop that never yields', 'busy', {}],
  ])('is ended at its timeout by %s, and starts afresh', async (_, name, event) => {
    const fn = lambda(name, { timeoutMs: 300 });
    expect(await fn.invoke(event)).toMatchObject({
      kind: 'error',
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/Task timed out after 0\.30 seconds$/),
      },
    });
    await fn.invoke({ ms: 0 });
    expect(fn.counts().coldStarts).toBe(2);
  });

  it('answers a thrown error with its type, message and trace, and goes on living', async () => {
    const throws = lambda('throws');
    expect(await throws.invoke({ text: 'out of range' })).toMatchObject({
      kind: 'error',
      error: { errorType: 'RangeError', errorMessage: 'out of range', trace: expect.anything() },
    });
    expect(await answer(throws, { text: '' })).toBe(2);
  });

  it.each([
    ['exits', 'Runtime.ExitError', 'exit status 3'],
    ['crashesLater', 'TypeError', 'out of reach'],
    ['rejectsAside', 'Runtime.UnhandledPromiseRejection', 'nobody waits'],
    ['neverEnds', 'Runtime.ExitError', 'exited'],
    ['notAFunction', 'Runtime.HandlerNotFound', 'notAFunction'],
    ['withCallback', 'Runtime.CallbackHandlerDeprecated', 'callback'],
    ['big', 'Function.ResponseSizeTooLarge', '6291556'],
  ])('%s is answered as %s', async (name, errorType, message) => {
    const fn = lambda(name);
    expect(await fn.invoke({})).toMatchObject({
      kind: 'error',
      error: { errorType, errorMessage: expect.stringContaining(message) },
    });
    expect(fn.counts().errors).toBe(1);
    expect(failures).toEqual([errorType]);
  });

  it('refuses an event above six mebibytes', async () => {
    const result = await lambda('echo').invoke('x'.repeat(6 * 1024 * 1024 + 200));
    expect(result).toMatchObject({ error: { errorType: 'RequestEntityTooLargeException' } });
  });
});
