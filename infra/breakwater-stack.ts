import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ENV } from '../lib/names.ts';
import { Alarms } from './alarms.ts';
import { dataKey } from './data-key.ts';
import { DeadLetters } from './dead-letters.ts';
import { DigestKey } from './digest-key.ts';
import { type Egress, egressAddresses, egressOf } from './egress.ts';
import { FirstKey } from './first-key.ts';
import { Functions } from './functions.ts';
import { grant } from './grants.ts';
import { HttpEdge } from './http-api.ts';
import { grantPolicies } from './own-functions.ts';
import { Queues } from './queues.ts';
import { EveryMinute } from './schedule.ts';
import { Secrets } from './secrets.ts';
import type { CodeOf } from './service-function.ts';
import type { Stage, StageSettings } from './settings.ts';
import { Storage } from './storage.ts';
import { targetsOf } from './targets.ts';

export interface BreakwaterStackProps extends StackProps {
  readonly settings: StageSettings & { readonly stage: Stage };
  readonly egress: Egress;
  /** As it was given: checked here, where the account is known. */
  readonly targetArns: unknown;
  readonly codeOf: CodeOf;
  /** Shown in the `user-agent` of deliveries. */
  readonly version: string;
}

/** The whole product in one stack; this is its table of contents. */
export class BreakwaterStack extends Stack {
  /** Lets a Lambda of your own, in any stack of the app, use the policies of `lib/policies`. */
  readonly grantPolicies: (fn: LambdaFunction) => void;

  constructor(scope: Construct, id: string, props: BreakwaterStackProps) {
    super(scope, id, props);
    const { settings, codeOf } = props;
    const egress = egressOf(props.egress, this.account);
    const targets = targetsOf(props.targetArns, this.account);
    const key = dataKey(this);
    const storage = new Storage(this, 'Storage', {
      key,
      deletionProtection: settings.deletionProtection,
    });
    const secrets = new Secrets(this, 'Secrets', { key });
    const digestKey = new DigestKey(this, 'Digests');
    const deadLetters = new DeadLetters(this, 'DeadLetters', { key });
    const queues = new Queues(this, 'Queues', { deadLetters, key });
    const edge = new HttpEdge(this, 'Edge', { settings });
    const environment = {
      [ENV.stage]: settings.stage,
      [ENV.version]: props.version,
      [ENV.egress]: egress,
      ...egressAddresses(settings),
      [ENV.registryTable]: storage.registry.tableName,
      [ENV.historyTable]: storage.history.tableName,
      [ENV.stateTable]: storage.state.tableName,
      [ENV.auditTable]: storage.audit.tableName,
      [ENV.deliveryQueueUrl]: queues.delivery.queue.queueUrl,
      [ENV.slowQueueUrl]: queues.slow.queue.queueUrl,
      [ENV.drainQueueUrl]: queues.drain.queue.queueUrl,
      [ENV.workQueueUrl]: queues.work.queue.queueUrl,
      [ENV.fanOutQueueUrl]: queues.fanOut.queue.queueUrl,
      [ENV.pepperSecretId]: secrets.pepperArn,
      [ENV.secretsKeyArn]: key.keyArn,
      [ENV.digestKeyArn]: digestKey.arn,
      [ENV.retentionDays]: String(settings.retentionDays),
      [ENV.publicUrl]: edge.url,
      [ENV.ownHosts]: edge.hosts.join(','),
      ...(targets.listed.length > 0 && { [ENV.targetArns]: targets.listed.join(',') }),
    };
    const { byName: functions } = new Functions(this, 'Functions', {
      codeOf,
      settings,
      environment,
    });
    if (settings.keyRateLimit !== undefined) {
      const { perSecond, burst } = settings.keyRateLimit;
      // The API makes keys: those of a key that is held to it must be held to it too.
      for (const fn of [functions.authorize, functions.api]) {
        fn.addEnvironment(ENV.keyRateLimit, `${perSecond}/${burst}`);
      }
    }
    functions.firstKey.addEnvironment(ENV.adminKeySecretId, secrets.adminKeyArn);
    grant(functions, { storage, queues, secrets, digestKey, targets });
    this.grantPolicies = (fn) => grantPolicies(fn, { storage, queues, environment });
    edge.route(functions, functions.authorize);
    queues.feed(functions, settings.maxConcurrency);
    new EveryMinute(this, 'Tick', { run: functions.tick, deadLetters: deadLetters.background });
    new FirstKey(this, 'FirstKey', { run: functions.firstKey });
    const alarms = new Alarms(this, 'Alarms', { key, settings, deadLetters });
    alarms.watch(functions, queues, deadLetters);
    new CfnOutput(this, 'ApiUrl', { value: edge.url });
    new CfnOutput(this, 'AdminKeySecretId', { value: secrets.adminKeyArn });
    new CfnOutput(this, 'AlarmTopicArn', { value: alarms.topic.topicArn });
  }
}
