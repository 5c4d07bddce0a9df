import { createHash, verify } from 'node:crypto';
import { join } from 'node:path';
import { GetPublicKeyCommand, KMSClient, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import { signedHash } from '../../lib/local/ecdsa.ts';
import { serveKms } from '../../lib/local/kms.ts';
import { keyPair } from '../domain/digest-chains.ts';
import { SIGNING_KEY } from '../simulation/product/signing-key.ts';
import { tempDir } from './fixtures/temp-dir.ts';

const ARN = 'arn:aws:kms:us-east-1:000000000000:key/digests';

async function client(file: string): Promise<KMSClient> {
  const server = await serveKms(file, [{ arn: ARN, kind: 'signing' }]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const kms = new KMSClient({ endpoint: server.url, region: 'us-east-1', credentials });
  onTestFinished(async () => {
    kms.destroy();
    await server.stop();
  });
  return kms;
}

it('signs as RFC 6979, A.2.5 says, and what Node and OpenSSL take for a signature', () => {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  const r = 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716';
  const s = 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8';
  // Both have their first bit set, and so a zero before them.
  expect(signedHash(hash('sample'), SIGNING_KEY).toString('hex')).toBe(`3046022100${r}022100${s}`);
  const { privateKey, publicKey } = keyPair();
  for (let n = 0; n < 50; n++) {
    const signature = signedHash(hash(`text ${n}`), privateKey);
    expect(verify('sha256', Buffer.from(`text ${n}`), publicKey, signature)).toBe(true);
  }
});

it('keeps a key that signs over a restart, and verifies what it has signed', async () => {
  const file = join(await tempDir(), 'keys.json');
  const [first, second] = [await client(file), await client(file)];
  const asked = { KeyId: ARN, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const Message = Buffer.from('raw');
  const { Signature } = await first.send(new SignCommand({ ...asked, Message }));
  const verified = await second.send(new VerifyCommand({ ...asked, Message, Signature }));
  expect(verified).toMatchObject({ SignatureValid: true, KeyId: ARN });
  const other = { ...asked, Message: Buffer.from('other'), Signature };
  await expect(second.send(new VerifyCommand(other))).rejects.toMatchObject({
    name: 'KMSInvalidSignatureException',
  });
  const [one, two] = await Promise.all(
    [first, second].map((kms) => kms.send(new GetPublicKeyCommand({ KeyId: ARN }))),
  );
  expect(one?.PublicKey).toEqual(two?.PublicKey);
  expect(one).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
});
