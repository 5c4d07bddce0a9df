import { createPublicKey } from 'node:crypto';
import {
  DescribeKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import type { DigestSigner } from '../../app/ports-audit.ts';
import type { DigestKey } from '../../domain/audit-digest.ts';
import { KmsUnavailable } from './vault.ts';

/** Signs by a key that never leaves KMS. */
export function kmsDigestSigner(kms: KMSClient, key: string): DigestSigner {
  return {
    key,
    async sign(sha256) {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId: key,
          Message: sha256,
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (Signature === undefined) throw new Error('KMS answered without a signature.');
      return Buffer.from(Signature).toString('base64');
    },
  };
}

/**
 * The public half, as KMS has it and no table; read once in a process, for it never changes.
 * Throws `KmsUnavailable` as long as it cannot be read.
 */
export function kmsDigestKey(kms: KMSClient, key: string): () => Promise<DigestKey> {
  let known: Promise<DigestKey> | undefined;
  return async () => {
    known ??= readKey(kms, key);
    try {
      return await known;
    } catch (cause) {
      known = undefined;
      throw new KmsUnavailable('KMS does not show the key of digests now.', { cause });
    }
  };
}

async function readKey(kms: KMSClient, key: string): Promise<DigestKey> {
  const [{ PublicKey }, { KeyMetadata }] = await Promise.all([
    kms.send(new GetPublicKeyCommand({ KeyId: key })),
    kms.send(new DescribeKeyCommand({ KeyId: key })),
  ]);
  const madeAtMs = KeyMetadata?.CreationDate?.getTime();
  if (PublicKey === undefined || madeAtMs === undefined) {
    throw new Error('KMS answered without the public key, or without its time.');
  }
  const der = { key: Buffer.from(PublicKey), format: 'der', type: 'spki' } as const;
  return { publicKey: createPublicKey(der), madeAtMs };
}
