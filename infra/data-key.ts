import { RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** What administrators may do, by their own policies; `PutKeyPolicy` is the way to anything else. */
const ADMINISTER = [
  ...['CancelKeyDeletion', 'DescribeKey', 'DisableKey', 'DisableKeyRotation', 'EnableKey'],
  ...['EnableKeyRotation', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListGrants'],
  ...['ListKeyPolicies', 'ListKeyRotations', 'ListResourceTags', 'PutKeyPolicy', 'RevokeGrant'],
  ...['RotateKeyOnDemand', 'ScheduleKeyDeletion', 'TagResource', 'UntagResource'],
  ...['UpdateKeyDescription'],
];
/** What the policies of roles may hand on; a table is made, and restored, with a grant. */
const USE = [
  ...['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['ReEncryptFrom', 'ReEncryptTo'],
];

/**
 * The key of tables, queues with events in them, secrets and the alarm topic. Its policy opens it
 * to nobody by itself, but to those of the account whose own policies name it, each action in full.
 */
export function dataKey(scope: Construct): Key {
  return new Key(scope, 'Key', {
    description: 'Breakwater: tables, queues with events in them, secrets, alarm topic',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
    policy: new PolicyDocument({
      statements: [
        new PolicyStatement({
          principals: [new AccountRootPrincipal()],
          actions: [...ADMINISTER, ...USE].map((action) => `kms:${action}`),
          // In a policy of a key: the key itself.
          resources: ['*'],
        }),
      ],
    }),
  });
}
