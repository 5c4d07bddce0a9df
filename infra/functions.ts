import { Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type CodeOf, ServiceFunction } from './service-function.ts';
import type { FunctionName, StageSettings } from './settings.ts';

export interface FunctionsProps {
  readonly codeOf: CodeOf;
  readonly settings: StageSettings;
  readonly environment: Readonly<Record<string, string>>;
}

/** Every function of the stack, each with a role of its own that may as yet do nothing. */
export class Functions extends Construct {
  readonly byName: Readonly<Record<FunctionName, ServiceFunction>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const tracing = this.#tracing();
    const make = (name: FunctionName, description: string, recursiveLoop?: RecursiveLoop) =>
      new ServiceFunction(this, `${name.charAt(0).toUpperCase()}${name.slice(1)}`, {
        ...props,
        name,
        description,
        tracing,
        ...(recursiveLoop === undefined ? {} : { recursiveLoop }),
      });
    this.byName = {
      authorize: make('authorize', 'API key to principal'),
      api: make('api', 'Registry, history, keys, health'),
      call: make('call', 'Calls services, and answers what they say'),
      publish: make('publish', 'Accepts events'),
      receive: make('receive', 'Accepts webhooks of others'),
      // Retries go through the queue that feeds it: without this Lambda would stop the sixteenth.
      deliver: make('deliver', 'Makes the attempts', RecursiveLoop.ALLOW),
      fanOut: make('fanOut', 'Rings for events with many integrations'),
      tick: make('tick', 'Each minute: due retries, and what has no attempt yet'),
      // A drain's step rings for the next one, for as long as there is something held.
      work: make('work', 'Drains, probes and jobs, a step at a time', RecursiveLoop.ALLOW),
      firstKey: make('firstKey', 'On deployment: the first admin key'),
    };
    Validations.of(this).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Only the tick is invoked asynchronously, and has a failure destination, which tells ' +
        'more; the others are called by API Gateway, the SQS poller or CloudFormation.',
    });
  }

  #tracing(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'Tracing', {
      description: 'Lets the functions send trace segments',
      statements: [
        new PolicyStatement({
          actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
          resources: ['*'],
        }),
      ],
    });
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources: IAM allows these two actions on * or not at all.',
    });
    return policy;
  }
}
