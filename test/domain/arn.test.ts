import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTITIONS, parseArn, targetArnProblem } from '../../lib/domain/arn.ts';

const ACCOUNT = '111122223333';
const QUEUE = `arn:aws:sqs:eu-central-1:${ACCOUNT}:orders`;
const BUS = `arn:aws:events:eu-central-1:${ACCOUNT}:event-bus/default`;

describe('an ARN', () => {
  const place = { partition: 'aws', region: 'eu-central-1', account: ACCOUNT };
  it.each([
    [QUEUE, { service: 'sqs', ...place, name: 'orders' }],
    [`${QUEUE}.fifo`, { service: 'sqs', ...place, name: 'orders.fifo' }],
    [BUS, { service: 'eventbridge', ...place, name: 'default' }],
  ])('%s names one queue or bus', (text, arn) => {
    expect(parseArn(text)).toEqual({ ok: true, arn });
  });

  it.each([
    ['', 'is no ARN'],
    ['https://sqs.eu-central-1.amazonaws.com/111122223333/orders', 'is no ARN'],
    [`${QUEUE}:more`, 'is no ARN'],
    [`arn:aws:sns:eu-central-1:${ACCOUNT}:t`, 'the service "sns"; allowed: sqs or events'],
    [`arn:amazon:sqs:eu-central-1:${ACCOUNT}:q`, 'the partition "amazon"; allowed: aws, aws-cn'],
    [`arn:aws:sqs:*:${ACCOUNT}:q`, 'the region "*"'],
    [`arn:aws:sqs::${ACCOUNT}:q`, 'the region ""'],
    [`arn:aws:sqs:evil.example.com/:${ACCOUNT}:q`, 'the region "evil.example.com/"'],
    ['arn:aws:sqs:eu-central-1:*:q', 'the account "*"; allowed: twelve digits'],
    ['arn:aws:sqs:eu-central-1:11112222333:q', 'the account "11112222333"'],
    [`arn:aws:sqs:eu-central-1:${ACCOUNT}:`, 'the queue ""'],
    [`arn:aws:sqs:eu-central-1:${ACCOUNT}:ord*`, 'the queue "ord*"'],
    [`arn:aws:sqs:eu-central-1:${ACCOUNT}:a/b`, 'the queue "a/b"'],
    [`arn:aws:sqs:eu-central-1:${ACCOUNT}:a.fifo.fifo`, 'the queue "a.fifo.fifo"'],
    [`arn:aws:sqs:eu-central-1:${ACCOUNT}:q\n`, 'the queue "q\\n"'],
    [`arn:aws:events:eu-central-1:${ACCOUNT}:rule/r`, 'the bus "rule/r"'],
    [`arn:aws:events:eu-central-1:${ACCOUNT}:event-bus/*`, 'the bus "event-bus/*"'],
  ])('%j is none, and the part that is wrong is named', (text, problem) => {
    const parsed = parseArn(text);
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('that is taken holds nothing that could change where a request goes', () => {
    const part = fc.oneof(
      fc.constantFrom('aws', 'sqs', 'events', 'us-east-1', ACCOUNT, 'event-bus/b', 'q', '*', '#'),
      fc.string({ maxLength: 8 }),
    );
    const texts = fc.array(part, { minLength: 5, maxLength: 6 });
    fc.assert(
      fc.property(texts, (parts) => {
        const parsed = parseArn(`arn:${parts.join(':')}`);
        if (!parsed.ok) return;
        const { region, account, name, partition } = parsed.arn;
        expect(`${region}/${account}/${name}`).toMatch(/^[a-z0-9-]+\/\d{12}\/[A-Za-z0-9._-]+$/);
        expect(PARTITIONS).toContain(partition);
      }),
    );
  });
});

describe('a target', () => {
  const policy = { targetArns: [QUEUE, BUS] };

  it('may be sent to where the deployment lists it', () => {
    expect(targetArnProblem(QUEUE, policy, 'sqs')).toBeUndefined();
    expect(targetArnProblem(BUS, policy, 'eventbridge')).toBeUndefined();
  });

  it.each([
    [`${QUEUE}-2`, policy],
    [QUEUE.toUpperCase().replace('ARN:AWS:SQS', 'arn:aws:sqs'), policy],
    [QUEUE, { targetArns: [] }],
    [QUEUE, {}],
  ])('%s is refused where it does not', (arn, listed) => {
    expect(targetArnProblem(arn, listed, 'sqs')).toContain(arn.slice(0, 40));
  });

  it('is refused in full, with the setting that would allow it', () => {
    const long = `${QUEUE}-${'q'.repeat(60)}`;
    expect(targetArnProblem(long, policy, 'sqs')).toBe(
      `${JSON.stringify(long)} must be listed in the setting "targetArns" of the deployment`,
    );
  });

  it('of another service is refused, listed or not', () => {
    expect(targetArnProblem(BUS, policy, 'sqs')).toContain('allowed: arn:<partition>:sqs:');
    expect(targetArnProblem(QUEUE, policy, 'eventbridge')).toContain('event-bus/<bus>');
  });

  it('that is a URL is not quoted, for it may hold a secret', () => {
    const problem = targetArnProblem('https://x.example.com/?token=s3cr3t', policy, 'sqs');
    expect(problem).toBe('must be an ARN: arn:<partition>:sqs:<region>:<account>:<queue>');
  });
});
