import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock, Random } from '../app/ports.ts';
import type { Sender } from '../app/ports-sending.ts';
import type { FlushedTelemetry } from './telemetry.ts';

/**
 * By what a function reaches what is outside of it, where that is not the real thing: the
 * simulation gives all of it. What is left out is the machine's and the account's own.
 */
export interface Outside {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly telemetry?: FlushedTelemetry;
  readonly dynamo?: DynamoDBClient;
  readonly sqs?: SQSClient;
  readonly secrets?: SecretsManagerClient;
  readonly kms?: KMSClient;
  readonly sender?: Sender;
}
