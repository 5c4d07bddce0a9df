import { describe, expect, it } from 'vitest';
import { targetsOf } from '../../infra/targets.ts';
import { parseArn } from '../../lib/domain/arn.ts';
import { ENV } from '../../lib/names.ts';
import { appWith, listOf, Synthesized } from './synthesized.ts';

const ACCOUNT = '111122223333';
const QUEUE = `arn:aws:sqs:eu-central-1:${ACCOUNT}:orders`;
const FIFO = `arn:aws:sqs:us-east-1:${ACCOUNT}:orders.fifo`;
const BUS = `arn:aws:events:eu-central-1:${ACCOUNT}:event-bus/default`;
const SENDERS = ['Api', 'Deliver'];

const none = new Synthesized();
const some = new Synthesized({
  account: ACCOUNT,
  region: 'eu-central-1',
  targetArns: [QUEUE, FIFO, BUS],
});
const anywhere = new Synthesized({ targetArns: `${QUEUE}, ${BUS}` });

const names = (stack: Synthesized) =>
  stack.all('AWS::Lambda::Function').map(({ id }) => id.slice(9, -8));

/** Action and resource of all that is about targets; the stack's own queues are no literals. */
function aboutTargets(stack: Synthesized, name: string): readonly (readonly [string, unknown])[] {
  return stack
    .statementsOf(name)
    .flatMap(({ Action, Resource }) =>
      listOf<string>(Action).flatMap((action) =>
        listOf<unknown>(Resource).map((resource) => [action, resource] as const),
      ),
    )
    .filter(([, resource]) => /:(orders|event-bus)/.test(JSON.stringify(resource)));
}

describe('the targets of a deployment', () => {
  it('are none where the setting names none: no variable, no right', () => {
    for (const name of names(none)) {
      const { Variables } = none.functionNamed(name).properties.Environment;
      expect(Variables).not.toHaveProperty(ENV.targetArns);
      const actions = none.statementsOf(name).flatMap(({ Action }) => listOf<string>(Action));
      expect(actions).not.toContain('events:PutEvents');
    }
  });

  it('are told to the functions as they were listed, each once', () => {
    const { Variables } = some.functionNamed('Deliver').properties.Environment;
    expect(Variables[ENV.targetArns]).toBe(`${QUEUE},${FIFO},${BUS}`);
    expect(targetsOf([QUEUE, QUEUE], ACCOUNT).listed).toEqual([QUEUE]);
  });

  it.each(SENDERS)('may be sent to by %s, these and no other', (name) => {
    expect(aboutTargets(some, name)).toEqual([
      ['sqs:SendMessage', QUEUE],
      ['sqs:SendMessage', FIFO],
      ['events:PutEvents', BUS],
    ]);
  });

  it('are granted to no function but those', () => {
    const granted = names(some).filter((name) => aboutTargets(some, name).length > 0);
    expect(granted.sort()).toEqual(SENDERS);
  });

  it('are granted in the own account alone, where it is not known which that is', () => {
    const resources = aboutTargets(anywhere, 'Deliver').map(([, resource]) => resource);
    const own = (before: string, after: string) => ({
      'Fn::Join': ['', [before, { Ref: 'AWS::AccountId' }, after]],
    });
    expect(resources).toEqual([
      own('arn:aws:sqs:eu-central-1:', ':orders'),
      own('arn:aws:events:eu-central-1:', ':event-bus/default'),
    ]);
  });

  it('leave the rule packs nothing to find', () => {
    const { app } = appWith({ account: ACCOUNT, region: 'eu-central-1', targetArns: [QUEUE, BUS] });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('the setting', () => {
  it.each([
    'orders',
    'arn:aws:sqs:eu-central-1:111122223333:*',
    'arn:aws:sqs:*:111122223333:orders',
    'arn:aws:sqs:eu-central-1:1111:orders',
    'arn:aws:sns:eu-central-1:111122223333:orders',
    'arn:aws:events:eu-central-1:111122223333:rule/orders',
    'arn:aws:events:eu-central-1:111122223333:event-bus/',
    'arn:other:sqs:eu-central-1:111122223333:orders',
    `arn:aws:sqs:eu-central-1:111122223333:${'q'.repeat(81)}`,
    'arn:aws:sqs:eu-central-1:111122223333:orders:more',
    'https://sqs.eu-central-1.amazonaws.com/111122223333/orders',
  ])('refuses %s by name, as the functions would', (arn) => {
    expect(() => targetsOf([arn], ACCOUNT)).toThrow(JSON.stringify(arn));
    expect(parseArn(arn).ok).toBe(false);
  });

  it.each([
    QUEUE,
    FIFO,
    BUS,
    'arn:aws-cn:sqs:cn-north-1:111122223333:q',
    'arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/a.b_c-d',
    'arn:aws-eusc:sqs:eusc-de-east-1:111122223333:q',
    `arn:aws:sqs:eu-central-1:111122223333:${'q'.repeat(75)}.fifo`,
  ])('takes %s, as the functions do', (arn) => {
    expect(targetsOf([arn], ACCOUNT)).toEqual({ listed: [arn], granted: [arn] });
    expect(parseArn(arn).ok).toBe(true);
  });

  it('refuses a target of another account, and says which', () => {
    expect(() => targetsOf([QUEUE], '999999999999')).toThrow(`${QUEUE}", of another account`);
    expect(() => appWith({ account: '999999999999', targetArns: [QUEUE] })).toThrow(QUEUE);
  });

  it.each([7, true, { a: 1 }])('is no %j', (setting) => {
    expect(() => targetsOf(setting, ACCOUNT)).toThrow(/allowed: a list of ARNs/);
  });

  it('may not take more of the environment than there is for it', () => {
    const many = Array.from({ length: 50 }, (_, i) => `${QUEUE}-${i}`);
    expect(() => targetsOf(many, ACCOUNT)).toThrow(/characters; allowed: 2000/);
  });
});
