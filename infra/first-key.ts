import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** CloudFormation would otherwise wait an hour for a function that died. */
const ANSWER_WITHIN = Duration.minutes(3);

export interface FirstKeyProps {
  /** Answers CloudFormation itself, at the event's `ResponseURL`. */
  readonly run: ServiceFunction;
}

/** Has the first admin key made on the first deployment; later ones leave it as it is. */
export class FirstKey extends Construct {
  constructor(scope: Construct, id: string, props: FirstKeyProps) {
    super(scope, id);
    new CustomResource(this, 'Resource', {
      resourceType: 'Custom::FirstAdminKey',
      serviceToken: props.run.functionArn,
      serviceTimeout: ANSWER_WITHIN,
    });
  }
}
