import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Properties, Synthesized } from './synthesized.ts';

const stack = new Synthesized();
const alarms = stack.all('AWS::CloudWatch::Alarm').map(({ properties }) => properties);

function alarmsOn(metric: string): readonly Properties[] {
  return alarms.filter(({ MetricName }) => MetricName === metric);
}
function watched(metric: string): readonly string[] {
  const values = alarmsOn(metric).flatMap(({ Dimensions }) => Dimensions);
  return values.map(({ Value }) => Value.Ref ?? Value['Fn::GetAtt'][0]).sort();
}

describe('alarms', () => {
  it('all go to the one encrypted topic, which takes them over TLS only', () => {
    const [topic, ...others] = stack.all('AWS::SNS::Topic');
    expect(others).toEqual([]);
    expect(topic?.properties.KmsMasterKeyId).toBeDefined();
    for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([{ Ref: topic?.id }]);
    const policy = JSON.stringify(stack.all('AWS::SNS::TopicPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
  });

  it('can be sent: alarms of this account, and nobody else, may publish to the topic', () => {
    const [policy, ...others] = stack.all('AWS::SNS::TopicPolicy');
    expect(others).toEqual([]);
    const allowed = policy?.properties.PolicyDocument.Statement.filter(
      ({ Effect }: Properties) => Effect === 'Allow',
    );
    expect(allowed).toEqual([
      expect.objectContaining({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: stack.all('AWS::SNS::Topic')[0]?.id },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': expect.anything() },
        },
      }),
    ]);
    expect(JSON.stringify(allowed)).toMatch(/:cloudwatch:.*:alarm:\*/);
  });

  it('can be sent: CloudWatch may use the key of the topic', () => {
    const [key] = stack.all('AWS::KMS::Key');
    expect(key?.properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      }),
    );
  });

  it('ring at the first dead letter in any dead-letter queue', () => {
    const queues = stack.all('AWS::SQS::Queue').map(({ id }) => id);
    expect(watched('ApproximateNumberOfMessagesVisible')).toEqual(
      queues.filter((id) => id.startsWith('DeadLetters')).sort(),
    );
    for (const alarm of alarmsOn('ApproximateNumberOfMessagesVisible')) {
      expect(alarm).toMatchObject({
        Threshold: 1,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      });
    }
  });

  it('ring for work that waits longer than any delay explains', () => {
    const queues = stack.all('AWS::SQS::Queue').map(({ id }) => id);
    expect(watched('ApproximateAgeOfOldestMessage')).toEqual(
      queues.filter((id) => id.startsWith('Queues')).sort(),
    );
    for (const { Threshold } of alarmsOn('ApproximateAgeOfOldestMessage')) {
      expect(Threshold).toBeGreaterThan(900);
    }
  });

  it('ring for errors of every function that runs after the deployment', () => {
    const functions = stack.all('AWS::Lambda::Function').map(({ id }) => id);
    expect(watched('Errors')).toEqual(
      functions.filter((id) => !id.startsWith('FunctionsFirstKey')).sort(),
    );
  });

  it('ring for throttling where a caller would see it', () => {
    const names = ['Api', 'Authorize', 'Call', 'Publish', 'Receive'];
    expect(watched('Throttles')).toEqual(names.map((name) => stack.functionNamed(name).id).sort());
  });

  it('ring when the breakers’ store has failed for five minutes on end', () => {
    expect(alarmsOn('BreakerStoreFailures')).toMatchObject([
      {
        Namespace: 'Breakwater',
        Dimensions: [
          { Name: 'service', Value: 'breakwater' },
          { Name: 'stage', Value: 'dev' },
        ],
        Statistic: 'Sum',
        Period: 60,
        Threshold: 1,
        EvaluationPeriods: 5,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      },
    ]);
  });

  it('ring when wrong keys are tried from several places, and when nobody counts them', () => {
    const figure = { Namespace: 'Breakwater', TreatMissingData: 'notBreaching', Statistic: 'Sum' };
    expect(alarmsOn('AuthLockOuts')).toMatchObject([
      { ...figure, Period: 300, Threshold: 5, EvaluationPeriods: 1 },
    ]);
    expect(alarmsOn('AuthStoreFailures')).toMatchObject([
      { ...figure, Period: 60, Threshold: 1, EvaluationPeriods: 5 },
    ]);
  });

  it('each name a paragraph of the runbook that is there', () => {
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
    const titles = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    for (const { AlarmDescription } of alarms) {
      const [, anchor] = /Runbook: docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription) ?? [];
      expect(titles).toContain(anchor);
    }
  });

  it('ring when the tick falls silent, which reports nothing at all', () => {
    expect(watched('Invocations')).toEqual([stack.functionNamed('Tick').id]);
    expect(alarmsOn('Invocations')).toMatchObject([
      { ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' },
    ]);
  });
});
