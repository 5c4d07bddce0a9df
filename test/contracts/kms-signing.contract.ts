import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  DescribeKeyCommand,
  DisableKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
  type SignCommandInput,
} from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { kmsDigestKey, kmsDigestSigner } from '../../lib/adapters/kms/digest-key.ts';
import { KmsUnavailable } from '../../lib/adapters/kms/vault.ts';
import { digestAfter, hashToSign, isSigned, NO_DIGEST } from '../../lib/domain/audit-digest.ts';
import type { MakeKms } from './kms.contract.ts';

const MESSAGE = Buffer.from('what is signed');
const HASH = createHash('sha256').update(MESSAGE).digest();
const named = (name: string) => expect.objectContaining({ name });

async function madeBy(make: MakeKms) {
  const world = await make();
  const { client, keys } = world;
  const sign = (more: Partial<SignCommandInput> = {}) =>
    client.send(
      new SignCommand({
        ...{ KeyId: keys.signing, Message: HASH, MessageType: 'DIGEST' },
        ...{ SigningAlgorithm: 'ECDSA_SHA_256', ...more },
      }),
    );
  const publicKey = async () => {
    const { PublicKey = [] } = await client.send(new GetPublicKeyCommand({ KeyId: keys.signing }));
    return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  };
  return { ...world, sign, publicKey };
}

/** What the product relies on of a key that signs, as AWS documents it. */
export function kmsSigningContract(make: MakeKms): void {
  it('signs a hash in DER, so that everybody can check it who has the public half', async () => {
    const { sign, publicKey } = await madeBy(make);
    const signature = Buffer.from((await sign()).Signature ?? []);
    const key = await publicKey();
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(signature[0]).toBe(0x30);
    expect(verify('sha256', MESSAGE, key, signature)).toBe(true);
    expect(verify('sha256', Buffer.from('another'), key, signature)).toBe(false);
  });

  it('signs by the algorithm and the size of its kind alone', async () => {
    const { sign, keys } = await madeBy(make);
    const wrongKey = named('InvalidKeyUsageException');
    await expect(sign({ SigningAlgorithm: 'ECDSA_SHA_384' })).rejects.toEqual(wrongKey);
    await expect(sign({ KeyId: keys.data })).rejects.toEqual(wrongKey);
    await expect(sign({ Message: HASH.subarray(1) })).rejects.toEqual(named('ValidationException'));
    await expect(sign({ KeyId: 'nobodys' })).rejects.toEqual(named('NotFoundException'));
  });

  it('does nothing while it is disabled, and says all the same since when it is', async () => {
    const { client, keys, sign, publicKey } = await madeBy(make);
    const KeyId = keys.signing;
    await client.send(new DisableKeyCommand({ KeyId }));
    await expect(sign()).rejects.toEqual(named('DisabledException'));
    await expect(publicKey()).rejects.toEqual(named('DisabledException'));
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.CreationDate).toBeInstanceOf(Date);
  });

  it('signs digests for the tick that the API finds signed, and is away when it is', async () => {
    const { client, keys } = await madeBy(make);
    const signer = kmsDigestSigner(client as KMSClient, keys.signing);
    const content = digestAfter(NO_DIGEST, [], signer.key, 0);
    const digest = { ...content, signature: await signer.sign(hashToSign(content)) };
    const { publicKey } = await kmsDigestKey(client as KMSClient, keys.signing)();
    expect(isSigned(digest, [publicKey])).toBe(true);
    expect(isSigned({ ...digest, number: 2 }, [publicKey])).toBe(false);
    await client.send(new DisableKeyCommand({ KeyId: keys.signing }));
    const away = kmsDigestKey(client as KMSClient, keys.signing);
    await expect(away()).rejects.toBeInstanceOf(KmsUnavailable);
    await expect(signer.sign(hashToSign(content))).rejects.toThrow();
  });
}
