/** The way to queues and event buses: one request by the SDK, tried once, within one deadline. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { OutboundCall, Sender } from '../../app/ports-sending.ts';
import {
  isArn,
  type Partition,
  parseArn,
  type TargetArn,
  targetArnProblem,
} from '../../domain/arn.ts';
import type { EgressPolicy } from '../../domain/egress.ts';
import { ATTEMPT_SECONDS_MAX } from '../../domain/integration.ts';
import type { EventBridgeEnvelope } from '../../domain/services/eventbridge.ts';
import type { SqsEnvelope } from '../../domain/services/sqs.ts';
import { type Outcome, unanswered } from '../http/exchange.ts';
import { failure } from '../http/failure.ts';
import { type Action, failureOf, refusalOf, refusedEntry, taken } from './answer.ts';

const CLIENT = {
  // The delivery's own schedule tries again.
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 3_000,
    requestTimeout: ATTEMPT_SECONDS_MAX * 1_000,
    throwOnRequestTimeout: true,
  },
};

/** Where the hosts of a partition end. */
const SUFFIX: Readonly<Record<Partition, string>> = {
  aws: 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
  'aws-us-gov': 'amazonaws.com',
  'aws-eusc': 'amazonaws.eu',
};

/** ARNs go to AWS, everything else over HTTP. */
export function routedSender(aws: Sender, http: Sender): Sender {
  return { send: (call) => (isArn(call.url) ? aws : http).send(call) };
}

/** Whoever wants to know of each client before its first request. */
type Announce = <C extends object>(client: C) => C;

/** Sends to the ARNs that the policy lists, and to nothing else. */
export function awsTargetSender(
  policy: Pick<EgressPolicy, 'targetArns'>,
  announce: Announce = (client) => client,
): Sender {
  const ask = asker(announce);
  return {
    async send(call) {
      const startedAtMs = Date.now();
      const started = performance.now();
      const deadline = new AbortController();
      const timeoutMs = Math.min(call.timeoutMs, ATTEMPT_SECONDS_MAX * 1_000);
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      try {
        const outcome = await attempt(ask, call, policy, deadline.signal);
        return { startedAtMs, latencyMs: Math.round(performance.now() - started), ...outcome };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

type Asker = ReturnType<typeof asker>;

async function attempt(
  ask: Asker,
  call: OutboundCall,
  policy: Pick<EgressPolicy, 'targetArns'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { url, envelope } = call;
  const parsed = parseArn(url);
  if (envelope === undefined || !parsed.ok) return unanswered(failure('blocked', 'arn_malformed'));
  const problem = targetArnProblem(url, policy, envelope.kind);
  if (problem !== undefined) {
    // Its owner reads why: the setting has changed since it was registered.
    return {
      ...unanswered(failure('blocked', 'arn_not_listed')),
      responseBody: `Not sent. ${problem}.`,
    };
  }
  try {
    return envelope.kind === 'sqs'
      ? await ask.queue(parsed.arn, call, envelope, signal)
      : await ask.bus(parsed.arn, call, envelope, signal);
  } catch (error) {
    if (signal.aborted) return unanswered(failure('timeout', 'deadline'));
    const action: Action = envelope.kind === 'sqs' ? 'sqs:SendMessage' : 'events:PutEvents';
    return refusalOf(error, action) ?? unanswered(failureOf(error));
  }
}

/** One client of each service and region in a process, made when it is first needed. */
function asker(announce: Announce) {
  const sqsOf = perRegion(
    // The queue's URL names it; where to connect is the region's endpoint, which the local run sets.
    (region) => announce(new SQSClient({ ...CLIENT, region, useQueueUrlAsEndpoint: false })),
  );
  const eventsOf = perRegion((region) => announce(new EventBridgeClient({ ...CLIENT, region })));
  return {
    async queue(
      arn: TargetArn,
      { headers, body }: OutboundCall,
      { groupId, deduplicationId }: SqsEnvelope,
      abortSignal: AbortSignal,
    ): Promise<Outcome> {
      const attributes = Object.entries(headers).map(
        ([name, StringValue]) => [name, { DataType: 'String', StringValue }] as const,
      );
      const command = new SendMessageCommand({
        QueueUrl: queueUrl(arn),
        MessageBody: textOf(body),
        MessageAttributes: Object.fromEntries(attributes),
        ...(groupId !== undefined && { MessageGroupId: groupId }),
        ...(deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
      });
      const answer = await sqsOf(arn.region).send(command, { abortSignal });
      return taken({ messageId: answer.MessageId, sequenceNumber: answer.SequenceNumber });
    },
    async bus(
      arn: TargetArn,
      { url, body }: OutboundCall,
      { source, detailType, timeMs }: EventBridgeEnvelope,
      abortSignal: AbortSignal,
    ): Promise<Outcome> {
      const entry = {
        EventBusName: url,
        Source: source,
        DetailType: detailType,
        Detail: textOf(body),
        Time: new Date(timeMs),
        Resources: [],
      };
      const command = new PutEventsCommand({ Entries: [entry] });
      const { Entries } = await eventsOf(arn.region).send(command, { abortSignal });
      const { EventId, ErrorCode, ErrorMessage } = Entries?.[0] ?? {};
      return EventId === undefined
        ? refusedEntry(ErrorCode, ErrorMessage)
        : taken({ eventId: EventId });
    },
  };
}

function perRegion<C>(make: (region: string) => C): (region: string) => C {
  const clients = new Map<string, C>();
  return (region) => {
    const client = clients.get(region) ?? make(region);
    clients.set(region, client);
    return client;
  };
}

/** Without asking SQS, which would take a second request and a second permission. */
function queueUrl({ partition, region, account, name }: TargetArn): string {
  return `https://sqs.${region}.${SUFFIX[partition]}/${account}/${name}`;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8');
}
