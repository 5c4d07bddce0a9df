import { describe, expect, it } from 'vitest';
import type { OutboundCall } from '../../lib/app/ports-sending.ts';
import { sendCall } from '../../lib/app/send-call.ts';
import { breakerOutcome } from '../../lib/domain/breaker-outcome.ts';
import { isUnprocessed } from '../../lib/domain/call-outcome.ts';
import { judge, RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { granted, OAUTH2, oauth2World, settled, tokenAnswer } from '../fakes/oauth2-world.ts';
import { T0 } from '../fakes/world.ts';

const CALL: OutboundCall = {
  url: 'https://erp.example.com/hooks',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode('{}'),
  timeoutMs: 10_000,
};

function setUp() {
  const made = oauth2World();
  const deps = { sender: made.sender, clock: made.clock, tokens: made.tokens };
  const send = (more: Partial<OutboundCall> = {}) =>
    sendCall(deps, { ...CALL, ...more }, { id: 'int_1', auth: OAUTH2 });
  return { ...made, deps, send };
}

describe('a call with a token', () => {
  it('carries it, and everything that it had before', async () => {
    const { world, send } = setUp();
    expect(await send()).toMatchObject({ statusCode: 200, error: null });
    expect(await send()).toMatchObject({ statusCode: 200 });
    expect(world.asked).toHaveLength(1);
    for (const call of world.called) {
      expect(call).toEqual({
        ...CALL,
        owner: 'int_1',
        headers: { 'content-type': 'application/json', authorization: 'Bearer token-1' },
      });
    }
  });

  it('of another kind asks nobody for one', async () => {
    const { world, deps } = setUp();
    await sendCall(deps, CALL, { id: 'int_1', auth: { type: 'bearer', token: 'x' } });
    expect(world.called).toEqual([{ ...CALL, owner: 'int_1' }]);
    expect(world.asked).toEqual([]);
  });

  it('that is not to be sent asks nobody for one', async () => {
    const { world, send } = setUp();
    expect(await send({ unsendable: 'The transform made nothing' })).toEqual({
      startedAtMs: T0,
      latencyMs: 0,
      statusCode: null,
      error: 'blocked',
      responseHeaders: {},
      responseBody: 'Not sent. The transform made nothing.',
      isFinal: true,
      detail: 'unsendable',
    });
    expect([...world.asked, ...world.called]).toEqual([]);
  });

  it('has one deadline with the request for its token', async () => {
    const { world, send, clock } = setUp();
    world.tokenMs = 4_000;
    world.serviceMs = 60_000;
    const sent = send();
    await settled();
    clock.advance(4_000);
    await settled();
    expect(world.called[0]?.timeoutMs).toBe(6_000);
    clock.advance(6_000);
    expect(await sent).toMatchObject({ error: 'timeout', startedAtMs: T0, latencyMs: 10_000 });
  });

  it('never gets more time than it had where the clock is set back', async () => {
    const { world, send, clock } = setUp();
    world.grant = () => {
      clock.advance(-3_600_000);
      return granted('token-1');
    };
    expect(await send()).toMatchObject({ statusCode: 200, latencyMs: 0 });
    expect(world.called[0]?.timeoutMs).toBe(CALL.timeoutMs);
  });

  it('ends where the token took all the time', async () => {
    const { world, send, clock } = setUp();
    world.tokenMs = 10_000;
    const sent = send();
    await settled();
    clock.advance(10_000);
    expect(await sent).toMatchObject({ error: 'timeout', statusCode: null, latencyMs: 10_000 });
    expect(world.called).toEqual([]);
  });

  it('is not begun when the process was stopped until its time was over', async () => {
    const { world, send, clock } = setUp();
    world.grant = () => {
      clock.advance(CALL.timeoutMs);
      return granted('token-1');
    };
    expect(await send()).toMatchObject({
      error: 'timeout',
      responseBody: 'Not sent. The token endpoint took all the time there was.',
    });
    expect(world.called).toEqual([]);
  });

  it('shows the token nowhere, wherever the service puts it', async () => {
    const { world, send } = setUp();
    const echo = (token: string) => ({
      statusCode: 200,
      responseHeaders: { 'x-echo': `Bearer ${token}` },
      responseBody: `you sent ${token}, and ${token.slice(0, 8)}`,
      answer: Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(token), Buffer.of(0x80)]),
      answerHeaders: [['set-cookie', `t=${token}`]] as const,
    });
    world.grant = () => granted('eyJhbGciOiJSUzI1NiJ9.e30.c2ln');
    world.serve = echo;
    const result = await send();
    expect(result).toMatchObject({
      responseHeaders: { 'x-echo': 'Bearer ***' },
      responseBody: 'you sent ***, and ***',
      answerHeaders: [['set-cookie', 't=***']],
    });
    const struck = [Buffer.of(0xff, 0xfe), Buffer.from('***'), Buffer.of(0x80)];
    expect(Buffer.from(result.answer ?? [])).toEqual(Buffer.concat(struck));
    expect(JSON.stringify([result, world.telemetry.lines])).not.toContain('eyJhbGci');
  });
});

describe('a call that the service answers 401', () => {
  it('is made once more with a new token, within its deadline, as one attempt', async () => {
    const { world, send, clock } = setUp();
    world.serve = (token) => ({
      statusCode: token === 'token-1' ? 401 : 204,
      responseBody: 'token-1 token-2',
    });
    world.serviceMs = 3_000;
    const sent = send();
    await settled();
    clock.advance(3_000);
    await settled();
    expect(world.called.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 7_000]);
    expect(world.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 7_000]);
    clock.advance(3_000);
    expect(await sent).toEqual({
      startedAtMs: T0,
      latencyMs: 6_000,
      statusCode: 204,
      error: null,
      responseHeaders: {},
      responseBody: '*** ***',
    });
    expect(world.asked).toHaveLength(2);
  });

  it('is not made a third time: the 401 to a fresh token stands', async () => {
    const { world, send } = setUp();
    world.serve = () => ({ statusCode: 401, responseBody: 'no' });
    expect(await send()).toMatchObject({ statusCode: 401, responseBody: 'no' });
    expect(world.called.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(await send()).toMatchObject({ statusCode: 401 });
    expect(world.called).toHaveLength(3);
    expect(world.asked).toHaveLength(2);
  });

  it('keeps that answer when no other token is to be had', async () => {
    const { world, send } = setUp();
    world.grant = (count) => (count === 1 ? granted('token-1') : { error: 'refused' });
    world.serve = () => ({ statusCode: 401, responseBody: 'no' });
    expect(await send()).toMatchObject({ statusCode: 401, error: null, responseBody: 'no' });
    expect(world.called).toHaveLength(1);
  });

  it('keeps that answer when the other token comes too late', async () => {
    const { world, send, clock } = setUp();
    world.serve = () => ({ statusCode: 401, responseBody: 'no' });
    world.grant = (count) => {
      if (count === 2) clock.advance(CALL.timeoutMs);
      return granted(`token-${count}`);
    };
    expect(await send()).toMatchObject({ statusCode: 401, error: null, responseBody: 'no' });
    expect(world.called).toHaveLength(1);
  });

  it('keeps that answer when there is no time left', async () => {
    const { world, send, clock } = setUp();
    world.serve = () => ({ statusCode: 401 });
    world.serviceMs = 10_000;
    const sent = send();
    await settled();
    clock.advance(10_000);
    expect(await sent).toMatchObject({ statusCode: 401, latencyMs: 10_000 });
    expect(world.called).toHaveLength(1);
    expect(world.asked).toHaveLength(1);
  });

  it.each([200, 400, 403, 407, 410, 429, 500, 503])(
    'but none that is answered %i',
    async (status) => {
      const { world, send } = setUp();
      world.serve = () => ({ statusCode: status });
      expect((await send()).statusCode).toBe(status);
      expect(world.called).toHaveLength(1);
      expect(world.asked).toHaveLength(1);
    },
  );

  it('nor one whose answer broke off', async () => {
    const { world, send } = setUp();
    world.serve = () => ({ statusCode: 401, error: 'reset' });
    expect(await send()).toMatchObject({ statusCode: 401, error: 'reset' });
    expect(world.called).toHaveLength(1);
  });
});

describe('a call without a token', () => {
  it.each([
    [tokenAnswer(500, 'oops'), null, 'The token endpoint answered 500.'],
    [
      tokenAnswer(400, { error: 'invalid_client' }),
      null,
      'The token endpoint answered 400: invalid_client.',
    ],
    [{ error: 'dns' as const }, 'dns', 'The token endpoint gave no whole answer (dns).'],
    [
      { error: 'timeout' as const },
      'timeout',
      'The token endpoint gave no whole answer (timeout).',
    ],
  ])('is not sent, and says why: %#', async (answer, error, reason) => {
    const { world, send, clock } = setUp();
    world.grant = () => answer;
    const result = await send();
    const responseBody = `Not sent. ${reason}`;
    expect(result).toMatchObject({ statusCode: null, error, responseBody });
    expect(world.called).toEqual([]);
    expect(isUnprocessed(result)).toBe(true);
    // Tried again by the schedule, and a failure to the breaker of its target.
    expect(judge(result, RETRY_DEFAULTS, clock.nowMs()).outcome).toBe('retryable');
    const config = { slowCallSeconds: 60 };
    expect(breakerOutcome(result, config, clock.nowMs()).kind).toBe('failure');
  });
});
