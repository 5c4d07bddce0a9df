import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faultDesk } from '../../lib/local/faults/desk.ts';
import type { Command, Verdict } from '../../lib/local/faults/messages.ts';
import { type FaultPlan, readFaultPlan } from '../../lib/local/faults/plan.ts';
import { lambdaFunction } from '../../lib/local/lambda.ts';
import type { FunctionSpec } from '../../lib/local/lambda-environment.ts';
import { parseSettings } from '../../lib/local/local-settings.ts';
import { readableLine } from '../../lib/local/log-lines.ts';
import { serveSqs } from '../../lib/local/sqs-server.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';
import { ENV } from '../../lib/names.ts';

const FILE = 'drill.json';
const read = (content: unknown) => readFaultPlan(FILE, () => JSON.stringify(content));
const rates = { 'sqs-slow': 0.5 };

describe('a file of faults', () => {
  it('says what goes wrong, how often, and where', () => {
    const plan = { seed: 7, rates, only: ['deliver', 'fanOut'], tables: ['state'] };
    expect(read(plan)).toEqual(plan);
    expect(read({ seed: 0, rates })).toEqual({ seed: 0, rates });
  });

  it.each([
    [[], 'drill.json: the file is []; allowed: a JSON object'],
    [{ rates }, 'seed is undefined; allowed: a whole number, 0 to 4294967295'],
    [{ seed: 1.5, rates }, 'seed is 1.5; allowed: a whole number'],
    [{ seed: 7 }, 'rates is undefined; allowed: a JSON object'],
    [{ seed: 7, rates: {} }, 'rates is {}; allowed: at least one of dynamodb-throttle, '],
    [{ seed: 7, rates: { 'sqs-sloww': 1 } }, 'a name in rates is "sqs-sloww"; allowed: dynamodb-'],
    [
      { seed: 7, rates: { 'sqs-slow': 2 } },
      'rates.sqs-slow is 2; allowed: a number, 0 (never) to 1',
    ],
    [{ seed: 7, rates: { 'sqs-slow': '1' } }, 'rates.sqs-slow is "1"; allowed: a number'],
    [{ seed: 7, rates, only: [] }, 'only is []; allowed: a list of authorize, '],
    [{ seed: 7, rates, only: ['api', 'fan-out'] }, 'only[1] is "fan-out"; allowed: authorize, '],
    [{ seed: 7, rates, only: ['firstKey'] }, 'only[0] is "firstKey"; allowed: authorize, '],
    [{ seed: 7, rates, tables: 'state' }, 'tables is "state"; allowed: a list of registry, '],
    [{ seed: 7, rates, table: 'state' }, 'a field is "table"; allowed: seed, rates, only, tables'],
  ])('%j is refused by what is wrong and what is allowed', (content, message) => {
    expect(() => read(content)).toThrow(message);
  });

  it('is refused where it is missing or no JSON, by its name', () => {
    expect(() => parseSettings({ BREAKWATER_FAULTS: 'nowhere.json' })).toThrow(
      /^nowhere\.json cannot be read as JSON: ENOENT/,
    );
    expect(() => readFaultPlan(FILE, () => '{')).toThrow(/^drill\.json cannot be read as JSON: /);
  });
});

function spec(name: string, environment: FunctionSpec['environment'] = {}): FunctionSpec {
  return {
    ...{ name, arn: `arn:${name}`, timeoutMs: 5_000, memoryMb: 128, environment },
    file: fileURLToPath(new URL('./fixtures/faulty-handler.ts', import.meta.url)),
    exportName: 'handler',
  };
}
const DELIVER = spec('FunctionsDeliver46C46F6F', { [ENV.stateTable]: 'State1' });
const API = spec('FunctionsApi45DE0CE2');
const UPDATE: Command = { service: 'dynamodb', operation: 'UpdateItem', table: 'State1' };
const BATCH: Command = { service: 'sqs', operation: 'SendMessageBatch' };

function desk(plan: Partial<FaultPlan>) {
  const lines: string[] = [];
  const made = faultDesk({ seed: 7, rates, ...plan }, (_, line) => lines.push(line));
  const many = (count: number, command: Command, of = DELIVER) =>
    Array.from({ length: count }, () => made.verdict(of, command));
  return { made, lines, many };
}
const kindsOf = (verdicts: readonly Verdict[]) =>
  verdicts.map(({ fault, kill }) => fault?.kind ?? kill ?? '-').join(' ');

describe('what goes wrong', () => {
  const all = { 'dynamodb-throttle': 0.2, 'sqs-partial': 0.3, 'sqs-slow': 0.2, 'kill-after': 0.1 };

  it('follows from seed, function, request and count, whatever else happens in between', () => {
    const alone = desk({ rates: all });
    const expected = kindsOf(alone.many(100, UPDATE));
    const mixed = desk({ rates: all });
    const found = Array.from({ length: 100 }, () => {
      mixed.many(3, BATCH);
      mixed.many(2, UPDATE, API);
      return mixed.made.verdict(DELIVER, UPDATE);
    });
    expect(kindsOf(found)).toBe(expected);
    expect(kindsOf(desk({ rates: all, seed: 8 }).many(100, UPDATE))).not.toBe(expected);
    expect(kindsOf(desk({ rates: all }).many(100, UPDATE, API))).not.toBe(expected);
  });

  it('happens about as often as its rate, is counted, and is logged', () => {
    const { made, lines, many } = desk({ rates: all });
    many(2_000, UPDATE);
    many(2_000, BATCH);
    const counts = made.counts();
    expect(counts['dynamodb-throttle']).toBeCloseTo(400, -2);
    expect(counts['sqs-slow']).toBeCloseTo(400, -2);
    expect(counts['kill-after']).toBeCloseTo(400, -2);
    expect(lines).toHaveLength(Object.values(counts).reduce((sum, count) => sum + count, 0));
    expect(readableLine('x', lines[0] ?? '')).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} ~ [a-z-]+ at deliver dynamodb\.UpdateItem#\d+ \(state\)$/,
    );
  });

  it('is of its service: a batch alone is taken in part, DynamoDB alone throttles', () => {
    const { many } = desk({ rates: { ...all, 'sqs-partial': 1, 'secrets-down': 1 } });
    const one = many(50, { service: 'sqs', operation: 'SendMessage' });
    expect(new Set(kindsOf(one).split(' '))).toEqual(new Set(['-', 'after', 'sqs-slow']));
    expect(new Set(kindsOf(many(50, UPDATE)).split(' '))).toEqual(
      new Set(['-', 'after', 'dynamodb-throttle']),
    );
  });

  it('befalls no other function and no other table than those that are named', () => {
    const { many, made } = desk({
      rates: { 'dynamodb-slow': 1 },
      only: ['api'],
      tables: ['state'],
    });
    expect(many(1, UPDATE)).toEqual([{}]);
    expect(made.portFor(DELIVER)).toBeUndefined();
    const api = spec('FunctionsApi45DE0CE2', { [ENV.stateTable]: 'S', [ENV.historyTable]: 'H' });
    expect(kindsOf(many(1, { ...UPDATE, table: 'S' }, api))).toBe('dynamodb-slow');
    expect(kindsOf(many(1, { ...UPDATE, table: 'H' }, api))).toBe('-');
  });

  it('spares who makes the first key, without which there is nothing to drill', () => {
    const { many } = desk({ rates: { 'kill-before': 1 } });
    expect(many(1, UPDATE, spec('FunctionsFirstKey8CE4882A'))).toEqual([{}]);
  });

  it('ends when it is told to', () => {
    const { many, made } = desk({ rates: { 'dynamodb-slow': 1 } });
    many(2, UPDATE);
    made.end();
    expect(many(2, UPDATE)).toEqual([{}, {}]);
    expect(made.counts()).toEqual({ 'dynamodb-slow': 2 });
  });
});

it('an execution environment dies of it, and the count goes on in the next', async () => {
  const service = sqsService({ region: 'us-east-1', account: '000000000000' });
  const server = await serveSqs(service, '000000000000');
  const { made } = desk({ seed: 3, rates: { 'kill-before': 0.2, 'kill-after': 0.2 } });
  const failures: string[] = [];
  const fn = lambdaFunction(DELIVER, {
    region: 'us-east-1',
    variables: { AWS_ENDPOINT_URL_SQS: server.url },
    concurrencyMax: 1,
    onLine: () => {},
    onFailure: (_, { errorType }) => failures.push(errorType),
    faultsOf: made.portFor,
  });
  try {
    for (let i = 0; i < 10; i++) await fn.invoke({ times: 1 });
    const list: Command = { service: 'sqs', operation: 'ListQueues' };
    const plan = { seed: 3, rates: { 'kill-before': 0.2, 'kill-after': 0.2 } };
    const fates = desk(plan)
      .many(10, list)
      .map(({ kill }) => kill);
    const deaths = fates.filter((kill) => kill !== undefined).length;
    expect(deaths).toBeGreaterThan(1);
    expect(failures).toEqual(Array(deaths).fill('Runtime.ExitError'));
    const done = fates.filter((kill) => kill !== 'before').length;
    expect(service.requests.totals()).toEqual({ ListQueues: done });
  } finally {
    await fn.stop();
    await server.stop();
  }
});
