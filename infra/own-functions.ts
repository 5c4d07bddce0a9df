import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENV } from '../lib/names.ts';
import type { Queues } from './queues.ts';
import type { Grantee } from './service-function.ts';
import type { Storage } from './storage.ts';

export interface PolicyParts {
  readonly storage: Storage;
  readonly queues: Queues;
  /** Of the functions of the stack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What `composePolicies` reads. */
const VARIABLES = [
  ENV.stage,
  ENV.version,
  ENV.registryTable,
  ENV.historyTable,
  ENV.stateTable,
  ENV.deliveryQueueUrl,
  ENV.slowQueueUrl,
  ENV.drainQueueUrl,
  ENV.workQueueUrl,
  ENV.fanOutQueueUrl,
  ENV.retentionDays,
];

/**
 * Lets a Lambda that is not part of the stack take part in its breakers: as much of what `deliver`
 * may as that takes, and neither its queues' messages nor the pepper.
 */
export function grantPolicies(fn: LambdaFunction, parts: PolicyParts): void {
  const { storage, queues, environment } = parts;
  for (const name of VARIABLES) fn.addEnvironment(name, environment[name] ?? '');
  const grantee: Grantee = {
    allow: (actions, resources, conditions = {}) =>
      fn.addToRolePolicy(
        new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
      ),
  };
  storage.letReadRegistry(grantee);
  // A transition is told of by an event; after a good probe the next one held is let go.
  storage.letRecordHistory(grantee);
  storage.letFindDue(grantee);
  storage.letSeeBoard(grantee);
  storage.stateRows.letMoveBreakers(grantee);
  storage.stateRows.letStartDrains(grantee);
  for (const queue of [queues.delivery, queues.slow, queues.drain, queues.work, queues.fanOut]) {
    queue.letSend(grantee);
  }
}
