import type { EgressPolicy } from './egress.ts';
import { shown } from './errors.ts';

/** Services of AWS that an integration or a fallback may name by ARN. */
export type TargetService = 'sqs' | 'eventbridge';

export const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'] as const;
export type Partition = (typeof PARTITIONS)[number];

/** A queue or an event bus, taken apart. */
export interface TargetArn {
  readonly service: TargetService;
  readonly partition: Partition;
  readonly region: string;
  readonly account: string;
  /** Of the queue or the bus alone, without `event-bus/`. */
  readonly name: string;
}

export type ParsedArn =
  | { readonly ok: true; readonly arn: TargetArn }
  /** What is wrong with it, and what is allowed. */
  | { readonly ok: false; readonly problem: string };

const REGION = /^[a-z]{2,8}(-[a-z]{2,12}){1,3}-\d{1,2}$/;
const ACCOUNT = /^\d{12}$/;
/** 80 characters at most, `.fifo` among them. */
const QUEUE_NAME = /^(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?$/;
const BUS = /^event-bus\/[A-Za-z0-9._-]{1,256}$/;

const FORM: Readonly<Record<TargetService, string>> = {
  sqs: 'arn:<partition>:sqs:<region>:<account>:<queue>',
  eventbridge: 'arn:<partition>:events:<region>:<account>:event-bus/<bus>',
};

/** Reads the ARN of one queue or event bus; nothing in it may be left open. */
export function parseArn(text: string): ParsedArn {
  const [arn, partition, service, region = '', account = '', name = '', ...more] = text.split(':');
  if (arn !== 'arn' || more.length > 0) {
    return { ok: false, problem: `is no ARN of the form ${FORM.sqs} or ${FORM.eventbridge}` };
  }
  if (service !== 'sqs' && service !== 'events') {
    return problem('service', service, 'sqs or events');
  }
  const known = PARTITIONS.find((each) => each === partition);
  if (known === undefined) return problem('partition', partition, PARTITIONS.join(', '));
  if (!REGION.test(region)) return problem('region', region, 'a region such as eu-central-1');
  if (!ACCOUNT.test(account)) return problem('account', account, 'twelve digits');
  const place = { partition: known, region, account };
  if (service === 'sqs') {
    return QUEUE_NAME.test(name)
      ? { ok: true, arn: { service, ...place, name } }
      : problem('queue', name, '1 to 80 of A–Z a–z 0–9 _ -, of a FIFO queue with .fifo at the end');
  }
  return BUS.test(name)
    ? { ok: true, arn: { service: 'eventbridge', ...place, name: name.slice('event-bus/'.length) } }
    : problem('bus', name, 'event-bus/ and 1 to 256 of A–Z a–z 0–9 . _ -');
}

/**
 * Why nothing may be sent there, or undefined. The same is asked when an ARN is registered and
 * each time something is sent to it.
 */
export function targetArnProblem(
  text: string,
  { targetArns = [] }: Pick<EgressPolicy, 'targetArns'>,
  service: TargetService,
): string | undefined {
  // What is no ARN at all may be a URL, and hold a secret.
  if (!isArn(text)) return `must be an ARN: ${FORM[service]}`;
  const quoted = JSON.stringify(shown(text));
  const parsed = parseArn(text);
  if (!parsed.ok) return `${quoted} ${parsed.problem}`;
  if (parsed.arn.service !== service) return `${quoted} is not allowed: ${FORM[service]}`;
  if (targetArns.includes(text)) return undefined;
  return `${JSON.stringify(text)} must be listed in the setting "targetArns" of the deployment`;
}

/** Whether this is meant as an ARN, right or wrong: such a thing is never called over HTTP. */
export function isArn(endpoint: string): boolean {
  return endpoint.startsWith('arn:');
}

function problem(part: string, value: string | undefined, allowed: string): ParsedArn {
  const quoted = JSON.stringify(shown(value ?? ''));
  return { ok: false, problem: `has the ${part} ${quoted}; allowed: ${allowed}` };
}
