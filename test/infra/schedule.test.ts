import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isScheduleExpression } from './schedule-expression.ts';
import { Synthesized } from './synthesized.ts';

const stack = new Synthesized();

describe('schedules', () => {
  const rules = stack.all('AWS::Events::Rule');

  it('are expressions that EventBridge takes', () => {
    expect(rules.length).toBeGreaterThan(0);
    for (const { properties } of rules) {
      expect(properties.ScheduleExpression).toSatisfy(isScheduleExpression);
    }
  });

  it('run the tick each minute, once, and keep what could not be run', () => {
    const tick = stack.functionNamed('Tick');
    expect(rules.map(({ properties }) => properties.ScheduleExpression)).toEqual([
      'rate(1 minute)',
    ]);
    expect(rules[0]?.properties.Targets).toMatchObject([
      {
        Arn: { 'Fn::GetAtt': [tick.id, 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0 },
        DeadLetterConfig: { Arn: expect.anything() },
      },
    ]);
    const invoked = stack.all('AWS::Lambda::EventInvokeConfig');
    expect(invoked.map(({ properties }) => properties.FunctionName.Ref)).toEqual([tick.id]);
    expect(invoked[0]?.properties).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
  });
});

describe('the grammar of schedule expressions', () => {
  it.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'rate(1 hour)',
    'rate(2 hours)',
    'rate(7 days)',
    'cron(0 10 * * ? *)',
    'cron(15 12 * * ? *)',
    'cron(0 18 ? * MON-FRI *)',
    'cron(0 8 1 * ? *)',
    'cron(0/15 * * * ? *)',
    'cron(0/10 * ? * MON-FRI *)',
    'cron(0 9 ? * 2#1 *)',
    'cron(30 0 L JAN,JUL ? 2026-2030)',
    'cron(0 0 15W * ? *)',
  ])('takes %s', (text) => expect(isScheduleExpression(text)).toBe(true));

  it.each([
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(0 minutes)',
    'rate(-1 minutes)',
    'rate(1.5 hours)',
    'rate(1 second)',
    'rate(30 seconds)',
    'rate(1 week)',
    'rate(1  minute)',
    'rate( 1 minute)',
    'rate(1 minute) ',
    'Rate(1 minute)',
    '1 minute',
    '',
    'cron(* * * * *)',
    'cron(* * * * * *)',
    'cron(* * ? * ? *)',
    'cron(0 10 * * ? * *)',
    'cron(60 10 * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 10 32 * ? *)',
    'cron(0 10 0 * ? *)',
    'cron(0 10 * 13 ? *)',
    'cron(0 10 ? * 8 *)',
    'cron(0 10 ? * 0 *)',
    'cron(0 10 ? * 2#6 *)',
    'cron(0/0 10 * * ? *)',
    'cron(0 10 * * ? 1969)',
    'cron(0 10 * FOO ? *)',
    'cron(0 10 1- * ? *)',
  ])('refuses %j', (text) => expect(isScheduleExpression(text)).toBe(false));

  it('takes a plural unit for every number but one, and only then', () => {
    const unit = fc.constantFrom('minute', 'hour', 'day');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), unit, (value, name) => {
        expect(isScheduleExpression(`rate(${value} ${name}s)`)).toBe(value !== 1);
        expect(isScheduleExpression(`rate(${value} ${name})`)).toBe(value === 1);
      }),
    );
  });
});
