import { Token } from 'aws-cdk-lib';
import type { Grantee } from './service-function.ts';

/** All of them go into one environment variable, of the 4 KB that a function's may take. */
const CHARS_MAX = 2_000;

/**
 * A queue or an event bus, no wildcard anywhere. lib/domain/arn.ts reads the same at run time, and
 * test/infra/targets.test.ts holds them to each other.
 */
const PARTITION = '(?:aws|aws-cn|aws-us-gov|aws-eusc)';
const REGION = '[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\\d{1,2}';
const QUEUE = '(?=.{1,80}$)[A-Za-z0-9_-]+(?:\\.fifo)?';
const BUS = 'event-bus/[A-Za-z0-9._-]{1,256}';
const TARGET = new RegExp(
  `^arn:${PARTITION}:(?:sqs:${REGION}:(\\d{12}):${QUEUE}|events:${REGION}:(\\d{12}):${BUS})$`,
);

export interface Targets {
  /** As the setting names them, each once. */
  readonly listed: readonly string[];
  /**
   * The same in the stack's own account: what was listed of another one, before the account was
   * known, is granted to nobody.
   */
  readonly granted: readonly string[];
}

/**
 * The setting `targetArns`, as a list or as text with commas. Whatever is no queue or event bus of
 * `account` is refused by name.
 */
export function targetsOf(setting: unknown, account: string): Targets {
  const given = typeof setting === 'string' ? setting.split(',') : (setting ?? []);
  if (!Array.isArray(given)) {
    throw new Error(`"targetArns" is ${JSON.stringify(setting)}; allowed: a list of ARNs`);
  }
  const listed = [...new Set(given.map((each) => String(each).trim()))].filter((arn) => arn !== '');
  for (const arn of listed) requireTarget(arn, account);
  const chars = listed.join(',').length;
  if (chars > CHARS_MAX) {
    throw new Error(`"targetArns" takes ${chars} characters; allowed: ${CHARS_MAX} in all`);
  }
  return { listed, granted: listed.map((arn) => arn.replace(/:\d{12}:/, `:${account}:`)) };
}

function requireTarget(arn: string, account: string): void {
  const parts = TARGET.exec(arn);
  if (parts === null) {
    throw new Error(
      `"targetArns" has ${JSON.stringify(arn)}; allowed: the exact ARN of one queue ` +
        '(arn:<partition>:sqs:<region>:<account>:<queue>) or event bus ' +
        '(arn:<partition>:events:<region>:<account>:event-bus/<bus>)',
    );
  }
  const its = parts[1] ?? parts[2];
  if (!Token.isUnresolved(account) && its !== account) {
    throw new Error(
      `"targetArns" has ${JSON.stringify(arn)}, of another account; allowed: ${account}`,
    );
  }
}

/** Lets a function send to exactly these, and to nothing where there is none. */
export function letSendToTargets(fn: Grantee, { granted }: Targets): void {
  const of = (service: string) => granted.filter((arn) => arn.split(':')[2] === service);
  const [queues, buses] = [of('sqs'), of('events')];
  if (queues.length > 0) fn.allow(['sqs:SendMessage'], queues);
  if (buses.length > 0) fn.allow(['events:PutEvents'], buses);
}
