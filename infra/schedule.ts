import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

export interface EveryMinuteProps {
  readonly run: ServiceFunction;
  /** Gets ticks that could not be handed over, and those that failed. */
  readonly deadLetters: Queue;
}

/** Runs a function each minute; a missed or failed minute is made good by the next. */
export class EveryMinute extends Construct {
  constructor(scope: Construct, id: string, props: EveryMinuteProps) {
    super(scope, id);
    const { run, deadLetters } = props;
    // A retry would only run beside the next tick.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    new Rule(this, 'Rule', {
      schedule: Schedule.expression('rate(1 minute)'),
      targets: [new LambdaFunction(run, { ...once, deadLetterQueue: deadLetters })],
    });
    run.allow(['sqs:SendMessage'], [deadLetters.queueArn]);
    run.configureAsyncInvoke({
      ...once,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
  }
}
