import { describe, expect, it } from 'vitest';
import { STAGES, settingsOf } from '../../infra/settings.ts';
import { ENV, TABLES, TIMEOUT_SECONDS } from '../../lib/names.ts';
import { type Properties, Synthesized } from './synthesized.ts';

const stack = new Synthesized();
const prod = new Synthesized({ stage: 'prod' });
const queues = stack.all('AWS::SQS::Queue');
const deadLetters = queues.filter(({ id }) => id.startsWith('DeadLetters'));
const workQueues = queues.filter(({ id }) => id.startsWith('Queues'));

/** A new logical id is a new, empty resource: these stay as long as anyone has a deployment. */
const STATEFUL = {
  Key961B73FD: 'AWS::KMS::Key',
  StorageRegistry5365D477: 'AWS::DynamoDB::Table',
  StorageHistory251A3AE8: 'AWS::DynamoDB::Table',
  StorageStateA15002BE: 'AWS::DynamoDB::Table',
  SecretsPepperC047F0EC: 'AWS::SecretsManager::Secret',
};
/** Losing one of these costs no data, but its address is known outside or holds dead letters. */
const KEPT = {
  EdgeApi65822B7B: 'AWS::ApiGatewayV2::Api',
  SecretsAdminKey7CD4F5F7: 'AWS::SecretsManager::Secret',
  QueuesDeliveryQueue08DDFF27: 'AWS::SQS::Queue',
  QueuesSlowQueue6954104B: 'AWS::SQS::Queue',
  QueuesDrainQueue6A144EDE: 'AWS::SQS::Queue',
  QueuesWorkQueueC4EB417C: 'AWS::SQS::Queue',
  QueuesFanOutQueueB6591D8D: 'AWS::SQS::Queue',
};

describe('what outlives a deployment', () => {
  it.each(Object.entries({ ...STATEFUL, ...KEPT }))('keeps the logical id %s', (id, type) => {
    for (const stage of [stack, prod]) {
      expect(stage.resources.find((resource) => resource.id === id)?.type).toBe(type);
    }
  });

  it.each(Object.keys(STATEFUL))('leaves %s behind when the stack is deleted', (id) => {
    expect(stack.resources.find((resource) => resource.id === id)?.deletionPolicy).toBe('Retain');
  });
});

describe('tables', () => {
  const tables = stack.all('AWS::DynamoDB::Table');

  it('are four, on demand, recoverable to any second, under a key of the customer', () => {
    expect(tables).toHaveLength(4);
    for (const { properties } of tables) {
      expect(properties.BillingMode).toBe('PAY_PER_REQUEST');
      expect(properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
      expect(properties.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
      expect(properties.SSESpecification.KMSMasterKeyId).toEqual({
        'Fn::GetAtt': ['Key961B73FD', 'Arn'],
      });
    }
    const [key] = stack.all('AWS::KMS::Key');
    expect(key?.properties.EnableKeyRotation).toBe(true);
  });

  it.each(Object.entries(TABLES))(
    '%s have the keys, indexes and TTL of names.ts',
    (name, table) => {
      const found = tables.find(({ id }) => id.toLowerCase().startsWith(`storage${name}`));
      const { properties } = found ?? { properties: {} as Properties };
      expect(keysOf(properties)).toEqual([table.partitionKey, table.sortKey]);
      expect(properties.TimeToLiveSpecification?.AttributeName).toBe(
        'ttl' in table ? table.ttl : undefined,
      );
      const indexes = 'indexes' in table ? Object.values(table.indexes) : [];
      const made = (properties.GlobalSecondaryIndexes ?? []) as Properties[];
      expect(made.map((index) => [index.IndexName, ...keysOf(index)])).toEqual(
        indexes.map((index) => [index.name, index.partitionKey, index.sortKey]),
      );
      for (const [position, index] of indexes.entries()) {
        const { Projection } = made[position] ?? { Projection: undefined };
        expect(Projection.NonKeyAttributes).toEqual('project' in index ? index.project : undefined);
      }
    },
  );

  it('are numbers in the due index and strings everywhere else', () => {
    const types = tables.flatMap(({ properties }) => properties.AttributeDefinitions);
    const numbers = types.filter(({ AttributeType }) => AttributeType !== 'S');
    expect(numbers).toEqual([{ AttributeName: 'duSk', AttributeType: 'N' }]);
  });

  it('refuse deletion in prod, as does the stack', () => {
    for (const table of prod.all('AWS::DynamoDB::Table')) {
      expect(table.properties.DeletionProtectionEnabled).toBe(true);
    }
  });
});

describe('queues', () => {
  it('are five for work and two for dead letters', () => {
    expect([workQueues.length, deadLetters.length, queues.length]).toEqual([5, 2, 7]);
  });

  it.each(queues.map(({ id }) => id))('%s refuses every call without TLS', (id) => {
    const policies = stack
      .all('AWS::SQS::QueuePolicy')
      .filter(({ properties }) => properties.Queues.some((queue: Properties) => queue.Ref === id));
    const denies = policies
      .flatMap(({ properties }) => properties.PolicyDocument.Statement)
      .filter((statement) => statement.Condition?.Bool?.['aws:SecureTransport'] === 'false');
    expect(denies).toMatchObject([{ Effect: 'Deny', Action: 'sqs:*', Principal: { AWS: '*' } }]);
  });

  it.each(queues.map(({ id }) => id))('%s is encrypted at rest', (id) => {
    const queue = queues.find((resource) => resource.id === id);
    // Those whose messages hold small events under the stack's own key; the others hold ids.
    const holdsEvents = /^Queues(Delivery|Slow|Drain)|^DeadLettersDelivery/.test(id);
    const { SqsManagedSseEnabled, KmsMasterKeyId, KmsDataKeyReusePeriodSeconds } =
      queue?.properties ?? {};
    expect(SqsManagedSseEnabled).toBe(holdsEvents ? undefined : true);
    expect(KmsMasterKeyId === undefined).toBe(!holdsEvents);
    expect(KmsDataKeyReusePeriodSeconds).toBe(holdsEvents ? 3_600 : undefined);
  });

  it.each(workQueues.map(({ id }) => id))('%s gives up after five receives', (id) => {
    const queue = workQueues.find((resource) => resource.id === id);
    const { maxReceiveCount, deadLetterTargetArn } = queue?.properties.RedrivePolicy ?? {};
    expect(maxReceiveCount).toBe(5);
    expect(deadLetters.map((dead) => dead.id)).toContain(deadLetterTargetArn['Fn::GetAtt'][0]);
  });

  it('keep dead letters for the longest time there is', () => {
    for (const { properties } of deadLetters) {
      expect(properties.MessageRetentionPeriod).toBe(14 * 86_400);
    }
  });

  it.each([
    ['QueuesDelivery', 'Deliver', TIMEOUT_SECONDS.deliver, 'delivery', 'Delivery'],
    ['QueuesSlow', 'Deliver', TIMEOUT_SECONDS.deliver, 'slow', 'Delivery'],
    ['QueuesDrain', 'Deliver', TIMEOUT_SECONDS.deliver, 'drain', 'Delivery'],
    ['QueuesFanOut', 'FanOut', TIMEOUT_SECONDS.fanOut, 'fanOut', 'Background'],
    ['QueuesWork', 'Work', TIMEOUT_SECONDS.work, 'work', 'Background'],
  ] as const)('%s is hidden for six runs of %s and feeds it in tens', (...row) => {
    const [prefix, name, timeoutSeconds, setting, dead] = row;
    const queue = workQueues.find(({ id }) => id.startsWith(prefix));
    expect(queue?.properties.VisibilityTimeout).toBe(6 * timeoutSeconds);
    const [deadId] = queue?.properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'] ?? [];
    expect(deadId).toMatch(new RegExp(`^DeadLetters${dead}`));
    const consumer = stack.functionNamed(name);
    expect(consumer.properties.Timeout).toBe(timeoutSeconds);
    const mappings = stack
      .all('AWS::Lambda::EventSourceMapping')
      .filter(({ properties }) => properties.EventSourceArn['Fn::GetAtt'][0] === queue?.id);
    expect(mappings).toHaveLength(1);
    expect(mappings[0]?.properties).toMatchObject({
      FunctionName: { Ref: consumer.id },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: settingsOf('dev').maxConcurrency[setting] },
    });
  });
});

describe('functions', () => {
  const functions = stack.all('AWS::Lambda::Function');

  it('run on Node 24 on arm64, each with its own log of limited age', () => {
    const groups = new Map(
      stack.all('AWS::Logs::LogGroup').map(({ id, properties }) => [id, properties]),
    );
    const logs = functions.map(({ properties }) => properties.LoggingConfig.LogGroup.Ref);
    expect(new Set(logs).size).toBe(functions.length);
    for (const { properties } of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
    for (const properties of groups.values()) expect(properties.RetentionInDays).toBe(7);
    for (const { properties } of prod.all('AWS::Logs::LogGroup')) {
      expect(properties.RetentionInDays).toBe(30);
    }
  });

  it('let deliver and work, and no other, feed their own queues', () => {
    const loops = functions.filter(({ properties }) => properties.RecursiveLoop === 'Allow');
    expect(loops).toEqual([stack.functionNamed('Deliver'), stack.functionNamed('Work')]);
  });

  it('know every name the code asks for; the admin key only who makes it', () => {
    // Those of settings that are empty unless somebody sets them: targets, egress, rates of keys.
    const { adminKeySecretId, ...rest } = ENV;
    const {
      targetArns: _,
      egressAllow: __,
      egressNat64: ___,
      keyRateLimit: ____,
      ...shared
    } = rest;
    for (const { id, properties } of functions) {
      const names = Object.keys(properties.Environment.Variables);
      const own = id.startsWith('FunctionsFirstKey') ? [adminKeySecretId] : [];
      expect(names.sort()).toEqual([...Object.values(shared), ...own].sort());
    }
  });

  it('wait for services of others in prod with a share of the executions, not with all', () => {
    const { reservedConcurrency, keyRateLimit } = settingsOf('prod');
    expect(reservedConcurrency).toEqual({ api: 200, call: 300 });
    const reserved = (of: Synthesized, name: string) =>
      of.functionNamed(name).properties.ReservedConcurrentExecutions;
    for (const { id } of functions) {
      const name = id.slice('Functions'.length, -8);
      const wanted = { Api: 200, Call: 300 }[name];
      expect([name, reserved(prod, name), reserved(stack, name)]).toEqual([
        name,
        wanted,
        undefined,
      ]);
    }
    // An account has 1,000, of which Lambda keeps 100 for functions without a share.
    const inQueues = Object.values(settingsOf('prod').maxConcurrency).reduce((a, b) => a + b, 0);
    expect(1_000 - 500 - inQueues).toBeGreaterThanOrEqual(300);
    const rates = ['Authorize', 'Api', 'Call'].map(
      (name) => prod.functionNamed(name).properties.Environment.Variables[ENV.keyRateLimit],
    );
    const { perSecond, burst } = keyRateLimit ?? {};
    expect(rates).toEqual([`${perSecond}/${burst}`, `${perSecond}/${burst}`, undefined]);
  });

  it('deliver to public https only', () => {
    for (const { properties } of [...functions, ...prod.all('AWS::Lambda::Function')]) {
      expect(properties.Environment.Variables[ENV.egress]).toBe('strict');
    }
  });
});

function keysOf(properties: Properties): string[] {
  return (properties.KeySchema ?? []).map((key: Properties) => key.AttributeName);
}

it.each([
  ['dev', { delivery: 20, slow: 5, drain: 5, fanOut: 2, work: 2 }],
  ['prod', { delivery: 100, slow: 20, drain: 20, fanOut: 5, work: 5 }],
])('stage %s works on so many batches at a time', (name, wanted) => {
  expect(settingsOf(name).maxConcurrency).toEqual(wanted);
});

it.each(STAGES)('stage %s keeps the history for as long as a retry schedule may take', (name) => {
  const maxAgeDays = 30; // What `maxAgeSeconds` allows at most.
  expect(settingsOf(name).retentionDays).toBeGreaterThanOrEqual(maxAgeDays);
});
