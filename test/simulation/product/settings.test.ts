import { describe, expect, it } from 'vitest';
import type { QueueName } from '../../../infra/settings.ts';
import { ENV } from '../../../lib/names.ts';
import { type Properties, type Resource, Synthesized } from '../../infra/synthesized.ts';
import { productTables } from '../dynamodb/table-spec.ts';
import { simulate } from '../kernel/simulate.ts';
import { deployed, type Product } from './product.ts';
import {
  BATCH_SIZE,
  CONSUMERS,
  environmentOf,
  type FunctionName,
  SETTINGS,
  TABLE_NAMES,
  TICK_EVERY_MS,
} from './settings.ts';

/** What the template has and the simulation leaves out, each with the reason. */
const LEFT_OUT = {
  functions: {
    Authorize: 'requests name who asks: keys and signatures are checked by tests of their own',
    FirstKey: 'runs once, when the stack is made, and never again',
  },
  schedules: {
    DeadLetterConfig: 'a tick that failed is kept for whoever reads it; nothing reads it again',
  },
} as const;

const stack = new Synthesized();
const product = await productOf();

/** The product as the simulation deploys it, in which nothing happens. */
async function productOf(): Promise<Product> {
  const made = Promise.withResolvers<Product>();
  await simulate({ seed: 1, forMs: 0 }, (simulation) =>
    made.resolve(deployed(simulation, { receivers: [] })),
  );
  return made.promise;
}

const NAMES = Object.keys(product.functions) as FunctionName[];
const QUEUES = Object.keys(CONSUMERS) as QueueName[];
const capital = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

function one(type: string, beginning: string): Resource {
  const found = stack.all(type).filter(({ id }) => id.slice(0, -8) === beginning);
  expect(found.map(({ id }) => id)).toHaveLength(1);
  return found[0] as Resource;
}
const queueOf = (name: QueueName) => one('AWS::SQS::Queue', `Queues${capital(name)}Queue`);
const idOfArn = (value: Properties): string => value['Fn::GetAtt'][0];

describe('the functions of the simulation', () => {
  it('are those of the template, but for what is left out', () => {
    const named = stack
      .all('AWS::Lambda::Function')
      .map(({ id }) => id.slice('Functions'.length, -8));
    const known = [...NAMES.map(capital), ...Object.keys(LEFT_OUT.functions)];
    expect(named.sort()).toEqual(known.sort());
  });

  it.each(NAMES)('%s has its timeout and its guard against loops', (name) => {
    const { Timeout, RecursiveLoop, ReservedConcurrentExecutions } = stack.functionNamed(
      capital(name),
    ).properties;
    const { timeoutMs, recursiveLoop } = product.functions[name].spec;
    expect([timeoutMs, recursiveLoop]).toEqual([Timeout * 1_000, RecursiveLoop]);
    // Nothing is reserved: what throttles in the simulation is the account's limit.
    expect(ReservedConcurrentExecutions).toBeUndefined();
  });

  it.each(NAMES)('%s has its environment', (name) => {
    const { Variables } = stack.functionNamed(capital(name)).properties.Environment;
    const given = Object.keys(environmentOf(product.sqs.urlOf)).filter((key) => key in ENV_NAMES);
    expect(Object.keys(Variables).sort()).toEqual(given.sort());
  });
});

const ENV_NAMES = Object.fromEntries(Object.values(ENV).map((name) => [name, true]));

describe('the queues of the simulation', () => {
  it('are those of the template', () => {
    const ids = stack.all('AWS::SQS::Queue').map(({ id }) => id.slice(0, -8));
    const known = [
      ...QUEUES.map((name) => `Queues${capital(name)}Queue`),
      ...Object.keys(product.deadLetters).map((name) => `DeadLetters${capital(name)}`),
    ];
    expect(ids.sort()).toEqual(known.sort());
  });

  it.each(QUEUES)('%s hides, keeps and gives up as the template says', (name) => {
    const { properties } = queueOf(name);
    const { settings } = product.queues[name];
    const { deadLetterTargetArn, maxReceiveCount } = properties.RedrivePolicy;
    expect(settings).toMatchObject({
      visibilityTimeoutSeconds: properties.VisibilityTimeout,
      delaySeconds: properties.DelaySeconds ?? 0,
      retentionSeconds: properties.MessageRetentionPeriod ?? 4 * 86_400,
      redrive: { maxReceiveCount },
    });
    const { deadLetters } = CONSUMERS[name];
    expect(settings.redrive?.deadLetterArn).toBe(product.deadLetters[deadLetters].arn);
    expect(idOfArn(deadLetterTargetArn).slice(0, -8)).toBe(`DeadLetters${capital(deadLetters)}`);
  });

  it.each(['delivery', 'background'] as const)('keep the dead letters of %s as long', (name) => {
    const { properties } = one('AWS::SQS::Queue', `DeadLetters${capital(name)}`);
    const { retentionSeconds } = product.deadLetters[name].settings;
    expect(retentionSeconds).toBe(properties.MessageRetentionPeriod);
  });

  it.each(QUEUES)('%s feeds its function as the template says', (name) => {
    const { id } = queueOf(name);
    const mappings = stack
      .all('AWS::Lambda::EventSourceMapping')
      .filter(({ properties }) => idOfArn(properties.EventSourceArn) === id)
      .map(({ properties }) => properties);
    expect(mappings).toEqual([
      {
        EventSourceArn: expect.anything(),
        FunctionName: { Ref: stack.functionNamed(capital(CONSUMERS[name].fn)).id },
        BatchSize: BATCH_SIZE,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: SETTINGS.maxConcurrency[name] },
      },
    ]);
  });
});

describe('the rest of the simulation', () => {
  it('ticks as the template says, and never tries a tick again', () => {
    const [rule, ...others] = stack.all('AWS::Events::Rule');
    expect(others).toEqual([]);
    expect(rule?.properties.ScheduleExpression).toBe('rate(1 minute)');
    expect(TICK_EVERY_MS).toBe(60_000);
    const { Arn, Id, ...how } = (rule as Resource).properties.Targets[0];
    expect(idOfArn(Arn)).toBe(stack.functionNamed('Tick').id);
    expect(how).toEqual({
      RetryPolicy: expect.objectContaining({ MaximumRetryAttempts: 0 }),
      ...Object.fromEntries(Object.keys(LEFT_OUT.schedules).map((key) => [key, expect.anything()])),
    });
    const [invoke] = stack.all('AWS::Lambda::EventInvokeConfig');
    expect(invoke?.properties.MaximumRetryAttempts).toBe(0);
  });

  it.each(productTables(TABLE_NAMES))('has the keys, indexes and TTL of $name', (spec) => {
    const { properties } = one('AWS::DynamoDB::Table', `Storage${capital(spec.name)}`);
    const types = new Map<string, string>(
      properties.AttributeDefinitions.map((given: Properties) => [
        given.AttributeName,
        given.AttributeType,
      ]),
    );
    const keysOf = ({ KeySchema }: Properties) => {
      const [partition, sort] = KeySchema.map(({ AttributeName }: Properties) => ({
        name: AttributeName,
        type: types.get(AttributeName),
      }));
      return { partition, sort };
    };
    const indexes = (properties.GlobalSecondaryIndexes ?? []).map((index: Properties) => ({
      name: index.IndexName,
      ...keysOf(index),
      project:
        index.Projection.ProjectionType === 'ALL'
          ? 'all'
          : (index.Projection.NonKeyAttributes ?? []),
    }));
    const ttl = properties.TimeToLiveSpecification?.AttributeName;
    expect(spec).toEqual({ name: spec.name, ...keysOf(properties), ...(ttl && { ttl }), indexes });
  });
});
