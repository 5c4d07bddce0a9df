import { describe, expect, it } from 'vitest';
import { attributesAt } from '../../lib/local/attributes.ts';
import { readStack } from '../../lib/local/stack.ts';
import { readTemplate, resolved } from '../../lib/local/template.ts';
import { fn, SMALL_STACK } from './fixtures/assembly.ts';

const PLACE = { account: '000000000000', region: 'us-east-1', stackName: 'Small' };
const ADDRESSES = { apiUrl: 'http://127.0.0.1:1', sqsUrl: 'http://127.0.0.1:2' };

function read(resources: object) {
  return readStack(
    readTemplate({ Resources: resources }),
    PLACE,
    ADDRESSES,
    (code) => `/code/${String(code.S3Key)}`,
  );
}

/** What `value` becomes as a variable of a function in the small stack. */
function variable(value: unknown): unknown {
  const X = fn('x', { Environment: { Variables: { value } } });
  const template = readTemplate({ Resources: { ...SMALL_STACK, X } });
  const resource = template.resources.get('X');
  if (resource === undefined) throw new Error('X is there');
  const { Environment } = resolved(template, resource, PLACE, attributesAt(PLACE, ADDRESSES));
  return (Environment as { Variables: { value: unknown } }).Variables.value;
}

describe('the values of a template', () => {
  it.each([
    ['plain text', 'text', 'text'],
    ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['a queue', { Ref: 'Queue' }, 'http://127.0.0.1:2/000000000000/Queue'],
    ['a table', { Ref: 'Table' }, 'Table'],
    ['an ARN', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Queue'],
    [
      'an ARN in short',
      { 'Fn::GetAtt': 'Send.Arn' },
      'arn:aws:lambda:us-east-1:000000000000:function:Send',
    ],
    ['the address of the API', { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, 'http://127.0.0.1:1'],
    ['a join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }]] }, 'a-Table'],
    ['a selection', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [
      'a substitution',
      { 'Fn::Sub': `\${AWS::AccountId}/\${Queue.QueueName}/\${!x}` },
      `000000000000/Queue/\${x}`,
    ],
    ['its variables', { 'Fn::Sub': [`\${a}`, { a: { Ref: 'Table' } }] }, 'Table'],
    ['a list', [{ Ref: 'Table' }, 1], ['Table', 1]],
  ])('resolve %s', (_, value, expected) => {
    expect(variable(value)).toEqual(expected);
  });

  it.each([
    [
      'an intrinsic function',
      { 'Fn::ImportValue': 'x' },
      /X \(AWS::Lambda::Function\): .*Fn::ImportValue/,
    ],
    ['a reference into nowhere', { Ref: 'Nothing' }, /X .*Nothing/],
    ['an attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, /Queue \(AWS::SQS::Queue\): .*Colour/],
    ['a dynamic reference', '{{resolve:ssm:name}}', /X .*resolve:ssm:name/],
  ])('refuse %s that is not known, by name', (_, value, message) => {
    expect(() => variable(value)).toThrow(message);
  });
});

describe('a template', () => {
  it('with an unknown resource type is refused, naming it and where it stands', () => {
    const resources = { Cache: { Type: 'AWS::ElastiCache::CacheCluster', Properties: {} } };
    expect(() => read(resources)).toThrow(/Cache \(AWS::ElastiCache::CacheCluster\)/);
  });

  it.each([
    [
      'an unknown property',
      { Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } },
      /Queue .*FifoQueue/,
    ],
    ['a condition', { Queue: { ...SMALL_STACK.Queue, Condition: 'Maybe' } }, /Queue .*condition/],
    ['another runtime', { F: fn('x', { Runtime: 'python3.13' }) }, /F .*python/],
    [
      'a cron schedule',
      { Rule: over('Rule', { ScheduleExpression: 'cron(0 1 * * ? *)' }) },
      /Rule .*cron/,
    ],
    [
      'another payload format',
      { Integration: over('Integration', { PayloadFormatVersion: '1.0' }) },
      /Integration .*2\.0/,
    ],
    [
      'authorization by IAM',
      { Route: over('Route', { AuthorizationType: 'AWS_IAM' }) },
      /Route .*AWS_IAM/,
    ],
  ])('with %s is refused, naming it', (_, resources, message) => {
    expect(() => read({ ...SMALL_STACK, ...resources })).toThrow(message);
  });

  it('becomes what is to run', () => {
    const stack = read(SMALL_STACK);
    expect(stack.functions.find(({ name }) => name === 'Send')).toMatchObject({
      file: '/code/send.zip/index.js',
      exportName: 'handler',
      timeoutMs: 5000,
      memoryMb: 128,
      environment: { QUEUE_URL: 'http://127.0.0.1:2/000000000000/Queue' },
    });
    expect(stack.mappings).toEqual([
      {
        queueArn: 'arn:aws:sqs:us-east-1:000000000000:Queue',
        functionId: 'Keep',
        batchSize: 10,
        windowMs: 0,
        concurrencyMax: undefined,
        reportsFailures: true,
      },
    ]);
    expect(stack.schedules).toMatchObject([{ everyMs: 60_000 }]);
    expect(stack.queues).toMatchObject([
      { name: 'Queue', settings: { visibilityTimeoutSeconds: 30 } },
    ]);
    expect(stack.api?.routes).toMatchObject([
      { routeKey: 'POST /send/{id}', timeoutMs: 30_000, authorizerFunctionId: undefined },
    ]);
  });

  it('reads redrive rules, and leaves out what is disabled', () => {
    const { queues, schedules } = read({
      ...SMALL_STACK,
      Dead: { Type: 'AWS::SQS::Queue' },
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] },
            maxReceiveCount: 3,
          },
        },
      },
      Rule: over('Rule', { State: 'DISABLED' }),
    });
    const redrive = {
      deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:Dead',
      maxReceiveCount: 3,
    };
    expect(queues.find(({ name }) => name === 'Queue')?.settings.redrive).toEqual(redrive);
    expect(schedules).toEqual([]);
  });
});

function over(id: 'Rule' | 'Route' | 'Integration', properties: object) {
  const { Type, Properties } = SMALL_STACK[id];
  return { Type, Properties: { ...Properties, ...properties } };
}
