import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { egressOf } from '../../infra/egress.ts';
import { bundledCode } from '../../infra/service-function.ts';
import { STAGES, settingsOf } from '../../infra/settings.ts';
import { ENV } from '../../lib/names.ts';
import { appWith, Synthesized } from './synthesized.ts';

const SUPPRESSIONS_MAX = 6;
const ACKNOWLEDGED = 'aws:cdk:acknowledged-rules';
const REASON_LENGTH_MIN = 40;

describe('the rule packs', () => {
  it.each(STAGES)('AwsSolutions, Serverless and CloudFormation find nothing in %s', (stage) => {
    const { app } = appWith({ stage });
    expect(() => app.synth()).not.toThrow();
  });

  it('find what is wrong: a queue without TLS and dead letters stops the synthesis', () => {
    const { app, stack } = appWith();
    new Queue(stack, 'Careless');
    expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
  });

  it('find what CloudFormation would refuse: a function with too little memory', () => {
    const { app, stack } = appWith({ nag: 'off' });
    const [fn] = stack.node.findAll().filter((node) => node.node.path.endsWith('/Tick/Resource'));
    Object.assign(fn ?? {}, { memorySize: 64 });
    expect(() => app.synth()).toThrow(/less than the minimum of 128/);
  });

  it('are silenced in few places, each with its reason and none for the whole stack', () => {
    const { stack } = appWith();
    const found = stack.node
      .findAll()
      .flatMap((construct) =>
        construct.node.metadata
          .filter(({ type }) => type === ACKNOWLEDGED)
          .map(({ data }) => ({ path: construct.node.path, rules: Object.entries(data) })),
      );
    const rules = found.flatMap((place) => place.rules);
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.length).toBeLessThanOrEqual(SUPPRESSIONS_MAX);
    for (const [, reason] of rules) {
      expect(String(reason).length).toBeGreaterThan(REASON_LENGTH_MIN);
    }
    for (const { path } of found) expect(path.split('/').length).toBeGreaterThan(1);
  });
});

describe('egress', () => {
  it('is refused as loopback for a real account and for an account not yet known', () => {
    expect(() => appWith({ egress: 'loopback', account: '111122223333' })).toThrow(/loopback/);
    expect(() => appWith({ egress: 'loopback' })).toThrow(/only account 000000000000/);
  });

  it('may be loopback in the account that nobody has', () => {
    const local = new Synthesized({
      egress: 'loopback',
      account: '000000000000',
      region: 'us-east-1',
    });
    const { Variables } = local.functionNamed('Deliver').properties.Environment;
    expect(Variables[ENV.egress]).toBe('loopback');
  });

  it.each([undefined, '', 'Loopback', 'none', true, 0])('has no setting %j', (setting) => {
    expect(() => egressOf(setting, '000000000000')).toThrow(/allowed: strict, loopback/);
  });
});

describe('settings', () => {
  it.each([undefined, 'production', 'DEV', 1])('know no stage %j', (stage) => {
    expect(() => settingsOf(stage)).toThrow(/allowed: dev, staging, prod/);
  });

  it('say what to do where a bundle is missing', () => {
    expect(() => bundledCode('no-such-function')).toThrow(/npm run bundle/);
  });

  it('need no account, no region and no credentials', () => {
    const { stack } = appWith();
    expect(stack.account).toMatch(/Token/);
    expect(stack.region).toMatch(/Token/);
  });
});
