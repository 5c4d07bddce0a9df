import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

const PEPPER_LENGTH = 64;

/** Whose secrets are sealed in the registry. */
type SealedKind = 'integration' | 'source';

export interface SecretsProps {
  readonly key: IKey;
}

/** What only the deployment knows: it generates both values, nobody types them. */
export class Secrets extends Construct {
  /** ARN of what keys the hashes of API keys and cursors; losing it makes every key useless. */
  readonly pepperArn: string;
  /** ARN of what holds the first admin key once the deployment is done. */
  readonly adminKeyArn: string;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: SecretsProps) {
    super(scope, id);
    this.#key = props.key;
    // By its ARN alone: otherwise CDK opens the key to all of the account, with wildcards.
    const encryptionKey = Key.fromKeyArn(this, 'Key', props.key.keyArn);
    const pepper = new Secret(this, 'Pepper', {
      description: 'Breakwater: pepper of API key hashes. Never change it.',
      encryptionKey,
      generateSecretString: { passwordLength: PEPPER_LENGTH, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const adminKey = new Secret(this, 'AdminKey', {
      description: 'Breakwater: the first admin API key',
      encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Without a value until the first key is stored; a generated one would look like a key.
    resourceOf(adminKey).generateSecretString = undefined;
    // The attribute, not `Ref`, which emulators resolve to the name: a policy needs the ARN.
    this.pepperArn = resourceOf(pepper).attrId;
    this.adminKeyArn = resourceOf(adminKey).attrId;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new pepper would invalidate every API key at once. The admin key is rotated by ' +
        'creating another key over the API and deleting this one.',
    });
  }

  letReadPepper(fn: ServiceFunction): void {
    fn.allow(['secretsmanager:GetSecretValue'], [this.pepperArn]);
    this.#letUseKey(fn, ['kms:Decrypt']);
  }

  letKeepAdminKey(fn: ServiceFunction): void {
    fn.allow(
      ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      [this.adminKeyArn],
    );
    this.#letUseKey(fn, ['kms:Decrypt', 'kms:GenerateDataKey']);
  }

  /** Secrets of one kind of resource; a function that may do no more stores none. */
  letOpen(fn: ServiceFunction, kind: SealedKind): void {
    this.#letUseDataKeys(fn, ['kms:Decrypt'], [kind]);
  }

  letSealAndOpen(fn: ServiceFunction): void {
    this.#letUseDataKeys(fn, ['kms:Decrypt', 'kms:GenerateDataKey'], ['integration', 'source']);
  }

  /** By the encryption context, which says whose they are: never for anything else of the key's. */
  #letUseDataKeys(
    fn: ServiceFunction,
    actions: readonly string[],
    kinds: readonly SealedKind[],
  ): void {
    fn.allow(actions, [this.#key.keyArn], {
      StringEquals: { 'kms:EncryptionContext:kind': [...kinds] },
      'ForAllValues:StringEquals': {
        'kms:EncryptionContextKeys': ['tenant', 'kind', 'resource'],
      },
    });
  }

  #letUseKey(fn: ServiceFunction, actions: readonly string[]): void {
    fn.allow(actions, [this.#key.keyArn], {
      StringEquals: { 'kms:ViaService': `secretsmanager.${Aws.REGION}.amazonaws.com` },
    });
  }
}

function resourceOf(secret: Secret): CfnSecret {
  return secret.node.defaultChild as CfnSecret;
}
