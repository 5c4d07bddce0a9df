import { describe, expect, it } from 'vitest';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { plainFields } from '../../lib/runtime/log-fields.ts';
import { httpWorld } from '../edge/http-world.ts';

describe('the fields of a log line', () => {
  it('are kept when they are listed and plain', () => {
    const fields = { tenant: 'a', ms: 7, replayed: true, heldBy: null, status: ['a', 'b'] };
    expect(plainFields(fields)).toEqual(fields);
  });

  it('are dropped, and named, when nobody listed them or they are no plain value', () => {
    const fields = { tenant: 'a', body: '{"card":1}', data: 1, status: { deep: 1 }, kind: [{}] };
    expect(plainFields(fields)).toEqual({
      tenant: 'a',
      dropped: ['body', 'data', 'status', 'kind'],
    });
  });

  it('are left out without a word when they are undefined', () => {
    expect(plainFields({ tenant: undefined })).toEqual({});
  });

  it.each([
    ['bwk_0123456789abcdef', 'bwk_***'],
    ['key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is', 'key whsec_*** is'],
    ['whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc=', 'whsk_***'],
    ['authorization: Bearer abc.def', 'authorization: Bearer ***'],
    ['basic dXNlcjpwYXNz', 'basic ***'],
  ])('never hold a secret: %s', (reason, shown) => {
    expect(plainFields({ reason })).toEqual({ reason: shown });
  });

  it('are cut to 512 characters', () => {
    expect(plainFields({ reason: 'x'.repeat(9_999) })).toEqual({ reason: 'x'.repeat(512) });
  });

  it('show an error with its stack and causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const { error } = plainFields({ error: new Error('no bwk_12345678', { cause }) });
    expect(error).toMatchObject({
      name: 'Error',
      message: 'no bwk_***',
      stack: expect.stringMatching(/^at .+log-fields\.test/),
      cause: { name: 'Error', message: 'refused', code: 'ECONNREFUSED' },
    });
  });

  it('do not quote the text that could not be parsed', () => {
    let caught: unknown;
    try {
      JSON.parse('card 4111111111111111');
    } catch (error) {
      caught = error;
    }
    expect(JSON.stringify(plainFields({ error: caught }))).not.toContain('4111');
  });
});

describe('the log lines that are written', () => {
  it('have every field they carry on the list', async () => {
    const world = httpWorld();
    await world.register('erp');
    await world.register('crm', { retry: { ...RETRY_DEFAULTS, maxAttempts: 1 } });
    world.sender.answers(503, { error: 'timeout', detail: 'deadline' }, 410, 200);
    const headers = { 'idempotency-key': 'k' };
    const event = { body: { type: 'a.b', data: {} }, headers };
    for (let i = 0; i < 2; i++) await world.call('POST', '/v1/events', event);
    await world.publish({ deliverAtMs: world.clock.nowMs() + 1_000 });
    await world.pump();
    await world.minute();
    world.queue.down = true;
    await world.publish();
    for (const url of ['/v1/nothing', '/v1/deliveries?limit=x']) await world.call('GET', url);
    const lines = world.deps.telemetry.lines;
    expect(new Set(lines.map(({ message }) => message)).size).toBeGreaterThan(4);
    const dropped = lines.map(({ message, fields }) => [message, plainFields(fields).dropped]);
    expect(dropped.filter(([, names]) => names !== undefined)).toEqual([]);
  });
});

describe('the message of an error', () => {
  const shown = (error: Error) => JSON.stringify(plainFields({ error }));
  const VALUE = 'hunter2-of-a-customer';
  const thrownBy = (work: () => unknown): Error => {
    try {
      work();
    } catch (error) {
      return error as Error;
    }
    throw new Error('It did not throw.');
  };

  it.each<[string, () => unknown]>([
    ['a parser', () => JSON.parse(`{"a": ${VALUE}}`)],
    ['the operator in', () => 'a' in (VALUE as unknown as object)],
    ['a number', () => BigInt(VALUE)],
    ['Node', () => Buffer.alloc(VALUE as unknown as number)],
    ['a URL', () => new URL(VALUE)],
    ['a service, in quotes', () => raised(`Value '${VALUE}'.`)],
    ['a service, in others', () => raised(`The value "${VALUE}\n at home" is not valid`)],
  ])('holds no value that %s quotes', (_, work) => {
    expect(shown(thrownBy(work))).not.toContain('hunter2');
  });

  it('is kept for what it says besides', () => {
    expect(
      plainFields({ error: new Error("It didn't come within 5 s, isn't there.") }).error,
    ).toMatchObject({ message: "It didn't come within 5 s, isn't there." });
  });

  it('is not in the stack, whatever lines it has', () => {
    const error = new Error(`first\n    at ${VALUE}\nlast`);
    expect(plainFields({ error }).error).not.toMatchObject({
      stack: expect.stringContaining('hunter2'),
    });
  });

  function raised(message: string): never {
    throw Object.assign(new Error(message), { name: 'ValidationException', $fault: 'client' });
  }
});
