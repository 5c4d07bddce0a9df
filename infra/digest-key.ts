import { RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** What administrators may do, by their own policies: anything but sign. */
const ADMINISTER = [
  ...['CancelKeyDeletion', 'DescribeKey', 'DisableKey', 'EnableKey', 'GetKeyPolicy'],
  ...['GetKeyRotationStatus', 'GetPublicKey', 'ListGrants', 'ListKeyPolicies', 'ListResourceTags'],
  ...['PutKeyPolicy', 'RevokeGrant', 'ScheduleKeyDeletion', 'TagResource', 'UntagResource'],
  ...['UpdateKeyDescription', 'Verify'],
].map((action) => `kms:${action}`);

/** By nothing but the hash of a digest, and in one way. */
const SIGNING = {
  'kms:SigningAlgorithm': 'ECDSA_SHA_256',
  'kms:MessageType': 'DIGEST',
};

/**
 * The key that signs how far the audit log goes. Its private half never leaves KMS, and it is kept
 * when the stack is deleted: what it has signed can be checked for as long as it is there.
 */
export class DigestKey extends Construct {
  readonly arn: string;
  readonly #key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#key = new Key(this, 'Key', {
      description: 'Breakwater: signs the digests of the audit log',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            principals: [new AccountRootPrincipal()],
            actions: ADMINISTER,
            resources: ['*'],
          }),
        ],
      }),
    });
    this.arn = this.#key.keyArn;
  }

  /** The one that may: by its role, and by the key's own policy, which lets nobody else. */
  letSign(fn: ServiceFunction): void {
    fn.allow(['kms:Sign'], [this.arn], { StringEquals: SIGNING });
    this.#key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new AccountRootPrincipal()],
        actions: ['kms:Sign'],
        resources: ['*'],
        conditions: {
          ArnEquals: { 'aws:PrincipalArn': fn.role?.roleArn },
          StringEquals: SIGNING,
        },
      }),
    );
  }

  /** The public half, and since when there is one. */
  letCheck(fn: ServiceFunction): void {
    fn.allow(['kms:DescribeKey', 'kms:GetPublicKey'], [this.arn]);
  }
}
