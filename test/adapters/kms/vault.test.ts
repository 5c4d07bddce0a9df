import { stat } from 'node:fs/promises';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { DATA_KEY_FRESH_MS, type Owner } from '../../../lib/adapters/kms/vault.ts';
import { isOutage } from '../../../lib/edge/problem.ts';
import { serveKms } from '../../../lib/local/kms.ts';
import { KEY_ARN, kmsWorld } from './kms-world.ts';

const OWNER: Owner = { tenant: 'acme', kind: 'integration', id: 'int_1' };
const SECRETS = { 'auth.token': 'tk-canary-1', 'signing.secrets.0': 'whsec_canary–2' };

describe('the vault', () => {
  it('gives back what it sealed, and shows nothing of it', async () => {
    const { vault } = await kmsWorld();
    const sealed = await vault.seal(OWNER, SECRETS);
    expect(Buffer.from(JSON.stringify(sealed)).toString()).not.toMatch(/canary/);
    expect(
      Object.values(sealed.values).map((v) => Buffer.from(v, 'base64').toString()),
    ).not.toEqual(expect.arrayContaining([expect.stringContaining('canary')]));
    expect(await vault.open(OWNER, sealed)).toEqual(SECRETS);
  });

  it.each([
    ['another tenant', { ...OWNER, tenant: 'evil' }],
    ['another resource', { ...OWNER, id: 'int_2' }],
    ['another kind', { ...OWNER, kind: 'source' as const }],
  ])('opens nothing for %s', async (_, other) => {
    const { vault, another } = await kmsWorld();
    const sealed = await vault.seal(OWNER, SECRETS);
    await vault.open(OWNER, sealed);
    for (const one of [vault, another()]) {
      const opened = one.open(other, sealed);
      await expect(opened).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  it('opens no value in the place of another field, of another row, or changed', async () => {
    const { vault } = await kmsWorld();
    const sealed = await vault.seal(OWNER, SECRETS);
    const second = await vault.seal(OWNER, SECRETS);
    const { 'auth.token': token = '', 'signing.secrets.0': secret = '' } = sealed.values;
    const bent = Buffer.from(token, 'base64');
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1;
    for (const values of [
      { 'auth.token': secret },
      { 'fallback.0.auth.token': token },
      { 'auth.token': second.values['auth.token'] ?? '' },
      { 'auth.token': bent.toString('base64') },
    ]) {
      await expect(vault.open(OWNER, { ...sealed, values })).rejects.toThrow();
    }
  });

  it('seals each write under a data key of its own', async () => {
    const { vault, asked } = await kmsWorld();
    const [a, b] = [await vault.seal(OWNER, SECRETS), await vault.seal(OWNER, SECRETS)];
    expect(a.key).not.toBe(b.key);
    expect(asked).toEqual(['GenerateDataKeyCommand', 'GenerateDataKeyCommand']);
  });

  it('asks KMS once for a data key, however many want it, and again after five minutes', async () => {
    const { vault, another, asked, clock } = await kmsWorld();
    const sealed = await vault.seal(OWNER, SECRETS);
    asked.length = 0;
    const opener = another();
    await Promise.all(Array.from({ length: 20 }, () => opener.open(OWNER, sealed)));
    clock.advance(DATA_KEY_FRESH_MS - 1);
    await opener.open(OWNER, sealed);
    expect(asked).toEqual(['DecryptCommand']);
    clock.advance(1);
    await opener.open(OWNER, sealed);
    expect(asked).toHaveLength(2);
  });

  it('says that it is an outage while KMS is away, keeps no failure, and goes on with what it knows', async () => {
    const { vault, another, world } = await kmsWorld();
    const sealed = await vault.seal(OWNER, SECRETS);
    await vault.open(OWNER, sealed);
    world.isDown = true;
    expect(await vault.open(OWNER, sealed)).toEqual(SECRETS);
    const cold = another();
    for (const asked of [cold.open(OWNER, sealed), cold.seal(OWNER, SECRETS)]) {
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      expect(isOutage(error)).toBe(true);
      expect(JSON.stringify(error)).not.toMatch(/canary/);
    }
    world.isDown = false;
    expect(await cold.open(OWNER, sealed)).toEqual(SECRETS);
  });
});

describe('the keys of the local run', () => {
  it('outlive a restart, and are read by their owner only', async () => {
    const { client, file } = await kmsWorld();
    const EncryptionContext = { a: '1', b: '2' };
    const made = await client.send(
      new GenerateDataKeyCommand({ KeyId: KEY_ARN, KeySpec: 'AES_256', EncryptionContext }),
    );
    const again = await serveKms(file, [{ arn: KEY_ARN, kind: 'data' }]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const second = new KMSClient({ endpoint: again.url, region: 'us-east-1', credentials });
    const opened = await second.send(
      new DecryptCommand({
        CiphertextBlob: made.CiphertextBlob,
        EncryptionContext: { b: '2', a: '1' },
      }),
    );
    expect(opened.Plaintext).toEqual(made.Plaintext);
    expect(made.Plaintext).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const foreign = new DecryptCommand({
      CiphertextBlob: Buffer.from('nothing of ours'),
      EncryptionContext,
    });
    await expect(second.send(foreign)).rejects.toThrow();
    second.destroy();
    await again.stop();
  });
});
