import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { generateSecretString, serveSecrets } from '../../lib/local/secrets.ts';
import { tempDir } from './fixtures/temp-dir.ts';

const SPECS = [
  { arn: 'arn:pepper', name: 'Pepper', generate: { PasswordLength: 64, ExcludePunctuation: true } },
  { arn: 'arn:empty', name: 'Empty' },
];

async function open(file: string) {
  const server = await serveSecrets(file, SPECS);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
  });
  const value = async (SecretId: string, more = {}) =>
    (await client.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString;
  return { server, client, value };
}

describe('the secrets of the local run', () => {
  it('are generated once, kept over a restart, and read by their owner only', async () => {
    const file = join(await tempDir(), 'secrets.json');
    const first = await open(file);
    const pepper = await first.value('arn:pepper');
    expect(pepper).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(await first.value('Pepper')).toBe(pepper);
    await first.server.stop();
    const second = await open(file);
    expect(await second.value('arn:pepper')).toBe(pepper);
    await second.server.stop();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('have no value until one is put, and remember the one before', async () => {
    const file = join(await tempDir(), 'secrets.json');
    const { server, client, value } = await open(file);
    const missing = { name: 'ResourceNotFoundException' };
    await expect(value('arn:empty')).rejects.toMatchObject(missing);
    await expect(value('arn:nothing')).rejects.toMatchObject(missing);
    for (const SecretString of ['one', 'two']) {
      await client.send(new PutSecretValueCommand({ SecretId: 'arn:empty', SecretString }));
    }
    expect(await value('arn:empty')).toBe('two');
    expect(await value('arn:empty', { VersionStage: 'AWSPREVIOUS' })).toBe('one');
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'arn:empty' }));
    expect(
      Object.values(described.VersionIdsToStages ?? {})
        .flat()
        .sort(),
    ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    expect(server.valueOf('Empty')).toBe('two');
    await server.stop();
  });

  it.each([
    [
      '32 characters of every kind by default',
      {},
      /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d]).{32}$/,
    ],
    [
      'only what is not excluded',
      {
        ExcludeCharacters: 'abc',
        ExcludeUppercase: true,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
        PasswordLength: 200,
      },
      /^[d-z]{200}$/,
    ],
    ['spaces where asked', { IncludeSpace: true, PasswordLength: 5 }, / /],
    [
      'a template with the value in it',
      { SecretStringTemplate: '{"user":"a"}', GenerateStringKey: 'key' },
      /^\{"user":"a","key":".{32,}"\}$/,
    ],
  ])('take %s', (_, options, pattern) => {
    expect(generateSecretString(options)).toMatch(pattern);
  });
});
