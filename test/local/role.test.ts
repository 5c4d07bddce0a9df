import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lambdaFunction } from '../../lib/local/lambda.ts';
import { awsRequest, type Grant, grantsFor } from '../../lib/local/permissions.ts';
import { serveSqs } from '../../lib/local/sqs-server.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/State';
const grant = (more: Partial<Grant>): Grant => ({
  ...{ actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [TABLE], conditions: {} },
  ...more,
});
const isGranted = (grants: readonly Grant[], command: string, input: object) =>
  grantsFor(grants, awsRequest('DynamoDBClient', command, input)).length > 0;
const Key = { pk: { S: 'KEY#1' }, sk: { S: 'KEY' } };

describe('a request to AWS', () => {
  it('is granted by its action and its resource', () => {
    const get = { TableName: 'State', Key };
    expect(isGranted([grant({})], 'GetItemCommand', get)).toBe(true);
    expect(isGranted([grant({})], 'PutItemCommand', get)).toBe(false);
    expect(isGranted([grant({})], 'GetItemCommand', { ...get, TableName: 'State2' })).toBe(false);
    expect(isGranted([grant({})], 'QueryCommand', { TableName: 'State', IndexName: 'i' })).toBe(
      false,
    );
    const index = grant({ resources: [`${TABLE}/index/i`] });
    expect(isGranted([index], 'QueryCommand', { TableName: 'State', IndexName: 'i' })).toBe(true);
    expect(isGranted([grant({ resources: ['*'] })], 'GetItemCommand', get)).toBe(true);
  });

  it.each([
    ['KEY#*', true],
    ['KEY#1', true],
    ['T#*', false],
    ['KEY', false],
  ])('for rows %s: %s', (rows, granted) => {
    const conditions = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [rows] } };
    const grants = [grant({ conditions })];
    expect(isGranted(grants, 'GetItemCommand', { TableName: 'State', Key })).toBe(granted);
    const ExpressionAttributeValues = { ':p': { S: 'KEY#1' } };
    const query = { TableName: 'State', ExpressionAttributeValues };
    expect(isGranted(grants, 'QueryCommand', query)).toBe(granted);
  });

  it('is granted through a service to that service alone, and for its own context', () => {
    const key = 'arn:aws:kms:us-east-1:000000000000:key/one';
    const decrypt = (kind: string) =>
      awsRequest('KMSClient', 'DecryptCommand', { KeyId: key, EncryptionContext: { kind } });
    const of = (conditions: Grant['conditions']) =>
      grant({ actions: ['kms:Decrypt'], resources: [key], conditions });
    const via = of({ StringEquals: { 'kms:ViaService': ['dynamodb.us-east-1.amazonaws.com'] } });
    const kind = of({ StringEquals: { 'kms:EncryptionContext:kind': ['source'] } });
    expect(grantsFor([via, kind], decrypt('source'))).toEqual([kind]);
    expect(grantsFor([via, kind], decrypt('integration'))).toEqual([]);
  });

  it('is not judged by a condition that nobody knows', () => {
    const odd = grant({ conditions: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] } } });
    expect(() => isGranted([odd], 'GetItemCommand', { TableName: 'State' })).toThrow('IpAddress');
  });
});

describe('a function of the local run', () => {
  it.each([
    ['granted', ['sqs:ListQueues'], 'answer'],
    ['not granted', ['sqs:SendMessage'], 'error'],
  ])('is held to its role: %s', async (_, actions, kind) => {
    const place = { region: 'us-east-1', account: '000000000000' };
    const sqs = await serveSqs(sqsService(place), place.account);
    const lines: string[] = [];
    const fn = lambdaFunction(
      {
        ...{ name: 'Asks', arn: 'arn:asks', timeoutMs: 10_000, memoryMb: 128, environment: {} },
        file: fileURLToPath(new URL('./fixtures/faulty-handler.ts', import.meta.url)),
        exportName: 'handler',
        grants: [grant({ actions, resources: ['*'] })],
      },
      {
        ...{ region: place.region, concurrencyMax: 1 },
        variables: { AWS_ENDPOINT_URL_SQS: sqs.url },
        onLine: (__, line) => lines.push(line),
      },
    );
    const result = await fn.invoke({ times: 1 });
    await fn.stop();
    await sqs.stop();
    expect(result.kind).toBe(kind);
    const said = lines.filter((line) => line.includes('access.denied'));
    expect(said).toHaveLength(kind === 'error' ? 1 : 0);
    if (result.kind === 'error') expect(result.error.errorType).toBe('AccessDeniedException');
  });
});
