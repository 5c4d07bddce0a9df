import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../lib/names.ts';
import { appWith, listOf, type Properties } from './synthesized.ts';

/** A function of somebody's own, in a stack of its own or in Breakwater's. */
function withOwnFunction(where: 'own-stack' | 'same-stack') {
  const { app, stack } = appWith({ nag: 'off' });
  const home = where === 'own-stack' ? new Stack(app, 'Own') : stack;
  const own = new LambdaFunction(home, 'Mine', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({})'),
  });
  stack.grantPolicies(own);
  return Template.fromStack(home);
}

function statementsOf(template: Template): readonly Properties[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith('Mine'),
  );
  return policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

const RESOURCES = [
  'StorageRegistry',
  'StorageHistory',
  'StorageState',
  'QueuesDelivery',
  'QueuesSlow',
  'QueuesDrain',
  'QueuesFanOut',
  'QueuesWork',
];

describe('a Lambda of your own', () => {
  it.each(['own-stack', 'same-stack'] as const)(
    'in its %s may do exactly what policies do',
    (at) => {
      const allowed: Record<string, string[]> = {};
      for (const { Action, Resource } of statementsOf(withOwnFunction(at))) {
        for (const resource of listOf(Resource)) {
          const text = JSON.stringify(resource);
          const name =
            text.includes('StorageRegistry') || !text.includes('Key')
              ? RESOURCES.find((one) => text.includes(one))
              : 'Key';
          const index = /\/index\/(\w+)/.exec(text)?.[1];
          const label = [name ?? text, ...(index === undefined ? [] : [index])].join('/');
          allowed[label] = [
            ...new Set([...(allowed[label] ?? []), ...listOf<string>(Action)]),
          ].sort();
        }
      }
      expect(allowed).toEqual({
        StorageRegistry: ['dynamodb:GetItem', 'dynamodb:Query'],
        StorageHistory: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        'StorageHistory/due': ['dynamodb:Query'],
        StorageState: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        'StorageState/troubled': ['dynamodb:Query'],
        QueuesDelivery: ['sqs:SendMessage'],
        QueuesSlow: ['sqs:SendMessage'],
        QueuesDrain: ['sqs:SendMessage'],
        QueuesFanOut: ['sqs:SendMessage'],
        QueuesWork: ['sqs:SendMessage'],
        Key: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
      });
    },
  );

  it('uses the key through DynamoDB and SQS only', () => {
    const uses = statementsOf(withOwnFunction('same-stack')).filter(({ Action }) =>
      listOf<string>(Action).some((action) => action.startsWith('kms:')),
    );
    expect(uses.length).toBeGreaterThan(0);
    for (const { Condition } of uses) {
      expect(JSON.stringify(Condition.StringEquals['kms:ViaService'])).toMatch(/"(dynamodb|sqs)\./);
    }
  });

  it('gets the variables that composePolicies reads, and no secret’s name', () => {
    const template = withOwnFunction('own-stack');
    const names = [
      ...['stage', 'version', 'registryTable', 'historyTable', 'stateTable', 'retentionDays'],
      ...['deliveryQueueUrl', 'slowQueueUrl', 'drainQueueUrl', 'workQueueUrl', 'fanOutQueueUrl'],
    ] as const;
    const variables = Object.fromEntries(names.map((name) => [ENV[name], Match.anyValue()]));
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: variables },
    });
    const [fn] = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(Object.keys(fn?.Properties.Environment.Variables).sort()).toEqual(
      names.map((name) => ENV[name]).sort(),
    );
  });
});
