import { Aws, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, METRIC_SERVICE, type Metric as MetricName } from '../lib/names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queues } from './queues.ts';
import type { ServiceFunction } from './service-function.ts';
import type { FunctionName, Stage, StageSettings } from './settings.ts';

/** Longer than the longest SQS delay, so that a waiting retry is not taken for a backlog. */
const BACKLOG_SECONDS = 1800;
const SILENT_MINUTES = 5;
/** A single throttled minute is what the store's own scaling looks like. */
const STORE_FAILURE_MINUTES = 5;
const LOCK_OUTS_IN_FIVE_MINUTES = 5;

export interface AlarmsProps {
  readonly key: Key;
  readonly settings: StageSettings & { readonly stage: Stage };
  readonly deadLetters: DeadLetters;
}

/** A metric and the value at which somebody has to look. */
interface Watch {
  readonly why: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly below?: boolean;
  readonly periods?: number;
}

/** Every alarm goes to one encrypted topic. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#stage = props.settings.stage;
    this.topic = new Topic(this, 'Topic', { masterKey: props.key, enforceSSL: true });
    // Without both of these CloudWatch cannot publish, and says so nowhere: a policy of a topic's
    // own, which TLS only takes, stands in place of the one by which its account may.
    const account = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
    const alarms = `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:*`;
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { ...account, ArnLike: { 'aws:SourceArn': alarms } },
      }),
    );
    props.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: account,
      }),
    );
    const { alarmEmail } = props.settings;
    if (alarmEmail !== undefined) {
      const deadLetterQueue = props.deadLetters.background;
      this.topic.addSubscription(new EmailSubscription(alarmEmail, { deadLetterQueue }));
    }
  }

  watch(
    functions: Readonly<Record<FunctionName, ServiceFunction>>,
    queues: Queues,
    deadLetters: DeadLetters,
  ): void {
    const { firstKey: _, ...running } = functions;
    const { authorize, api, call, publish, receive, tick } = running;
    this.#onDeadLetter('Delivery', deadLetters.delivery);
    this.#onDeadLetter('Background', deadLetters.background);
    for (const [name, { queue }] of Object.entries(queues.byName)) this.#onBacklog(name, queue);
    for (const [name, fn] of Object.entries(running)) this.#onErrors(name, fn);
    // Elsewhere a throttled invocation waits in its queue and shows as a backlog.
    for (const [name, fn] of Object.entries({ authorize, api, call, publish, receive })) {
      this.#onThrottles(name, fn);
    }
    this.#onSilence('tick', tick);
    this.#onBreakerStore();
    this.#onWrongKeys();
    this.#onAudit();
  }

  /** One message in it is one too many. */
  #onDeadLetter(name: string, queue: Queue): void {
    this.#watch(`${name}DeadLetter`, {
      why: 'A message was given up on. Runbook: docs/runbook.md#dead-letters',
      metric: queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: 1,
    });
  }

  #onBacklog(name: string, queue: Queue): void {
    this.#watch(`${name.charAt(0).toUpperCase()}${name.slice(1)}Backlog`, {
      why: `Work waits longer than ${BACKLOG_SECONDS} s. Runbook: docs/runbook.md#backlog`,
      metric: queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: BACKLOG_SECONDS,
      periods: 3,
    });
  }

  #onErrors(name: string, fn: ServiceFunction): void {
    this.#watch(`${name}Errors`, {
      why: 'A function failed or ran out of time. Runbook: docs/runbook.md#errors',
      metric: fn.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }),
      threshold: 1,
    });
  }

  #onThrottles(name: string, fn: ServiceFunction): void {
    this.#watch(`${name}Throttles`, {
      why: 'The account ran out of concurrency. Runbook: docs/runbook.md#throttles',
      metric: fn.metricThrottles({ period: Duration.minutes(1), statistic: 'Sum' }),
      threshold: 1,
    });
  }

  /** Retries, and whatever a lost message left undone, stand still while it is silent. */
  #onSilence(name: string, fn: ServiceFunction): void {
    this.#watch(`${name}Silent`, {
      why: `No run for ${SILENT_MINUTES} minutes. Runbook: docs/runbook.md#silent-tick`,
      metric: fn.metricInvocations({ period: Duration.minutes(SILENT_MINUTES), statistic: 'Sum' }),
      threshold: 1,
      below: true,
    });
  }

  /** Meanwhile nothing is held that was not held before: deliveries go on, open-handed. */
  #onBreakerStore(): void {
    this.#watch('BreakerStore', {
      why: 'Breakers cannot be read or written. Runbook: docs/runbook.md#breaker-store',
      metric: this.#figure('BreakerStoreFailures', 1),
      threshold: 1,
      periods: STORE_FAILURE_MINUTES,
    });
  }

  /** One service with an old key is locked once in a while; many lock-outs are somebody guessing. */
  #onWrongKeys(): void {
    this.#watch('LockOuts', {
      why: 'Wrong keys are tried from several places. Runbook: docs/runbook.md#wrong-keys',
      metric: this.#figure('AuthLockOuts', 5),
      threshold: LOCK_OUTS_IN_FIVE_MINUTES,
    });
    this.#watch('KeyGuards', {
      why: 'Rate limits of keys and lock-outs are not kept. Runbook: docs/runbook.md#key-guards',
      metric: this.#figure('AuthStoreFailures', 1),
      threshold: 1,
      periods: STORE_FAILURE_MINUTES,
    });
  }

  /** A chain that does not hold what was said of it; and nothing signed for two hours. */
  #onAudit(): void {
    this.#watch('AuditBroken', {
      why: 'The audit log was tampered with. Runbook: docs/runbook.md#audit-log',
      metric: this.#figure('AuditChainsBroken', 5),
      threshold: 1,
    });
    this.#watch('AuditUnsigned', {
      why: 'The audit log is not signed. Runbook: docs/runbook.md#audit-log',
      metric: this.#figure('AuditDigestsLate', 5),
      threshold: 1,
    });
  }

  /** One of our own, summed over so many minutes. */
  #figure(metricName: MetricName, minutes: number): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { service: METRIC_SERVICE, stage: this.#stage },
      period: Duration.minutes(minutes),
      statistic: 'Sum',
    });
  }

  #watch(id: string, watch: Watch): void {
    const below = watch.below === true;
    new Alarm(this, id, {
      alarmDescription: watch.why,
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: watch.periods ?? 1,
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.topic));
  }
}
