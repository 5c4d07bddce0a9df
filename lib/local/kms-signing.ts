import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { AwsError, type AwsInput } from './aws-json.ts';
import { signedHash } from './ecdsa.ts';
import type { KeyMaterial } from './kms-keys.ts';

/** What KMS does with a key that signs. */

export type SigningMaterial = Extract<KeyMaterial, { readonly kind: 'signing' }>;

const ALGORITHM = 'ECDSA_SHA_256';
const HASH_BYTES = 32;
const RAW_BYTES_MAX = 4_096;
const SPEC = { KeySpec: 'ECC_NIST_P256', CustomerMasterKeySpec: 'ECC_NIST_P256' };
const USE = { ...SPEC, KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: [ALGORITHM] };

export type SigningOperation = (arn: string, material: SigningMaterial, input: AwsInput) => object;

export const SIGNING_OPERATIONS: Readonly<Record<string, SigningOperation>> = {
  Sign(arn, { key }, input) {
    const signature = signedHash(hashOf(input), key).toString('base64');
    return { KeyId: arn, Signature: signature, SigningAlgorithm: ALGORITHM };
  },
  Verify(arn, { key }, input) {
    requireRaw(input);
    const [message, signature] = [bytesOf(input, 'Message'), bytesOf(input, 'Signature')];
    hashOf(input);
    if (!verify('sha256', message, createPublicKey(key), signature)) {
      throw new AwsError('KMSInvalidSignatureException', '');
    }
    return { KeyId: arn, SignatureValid: true, SigningAlgorithm: ALGORITHM };
  },
  GetPublicKey(arn, { key }) {
    return { KeyId: arn, PublicKey: spkiOf(key).toString('base64'), ...USE };
  },
  DescribeKey(arn, { madeAtMs }) {
    const [, , , , account, name = ''] = arn.split(':');
    return {
      KeyMetadata: {
        ...{ AWSAccountId: account, KeyId: name.replace(/^key\//, ''), Arn: arn, ...USE },
        ...{ CreationDate: madeAtMs / 1_000, Enabled: true, KeyState: 'Enabled' },
        ...{ KeyManager: 'CUSTOMER', Origin: 'AWS_KMS', MultiRegion: false, Description: '' },
      },
    };
  },
};

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}

/** The hash that is signed: of a `RAW` message its own, else the message itself. */
function hashOf(input: AwsInput): Buffer {
  const { SigningAlgorithm, MessageType = 'RAW' } = input;
  if (SigningAlgorithm !== ALGORITHM) {
    const message = `Algorithm ${String(SigningAlgorithm)} is incompatible with key spec ECC_NIST_P256.`;
    throw new AwsError('InvalidKeyUsageException', message);
  }
  const message = bytesOf(input, 'Message');
  if (MessageType === 'RAW' && message.length <= RAW_BYTES_MAX) {
    return createHash('sha256').update(message).digest();
  }
  if (MessageType === 'DIGEST' && message.length === HASH_BYTES) return message;
  throw new AwsError(
    'ValidationException',
    MessageType === 'DIGEST'
      ? `Digest is invalid length for algorithm ${ALGORITHM}.`
      : `Message of type ${String(MessageType)} must have 1 to ${RAW_BYTES_MAX} bytes.`,
  );
}

function requireRaw({ MessageType = 'RAW' }: AwsInput): void {
  if (MessageType === 'RAW') return;
  throw new AwsError('ValidationException', 'The local run verifies RAW messages alone.');
}

function bytesOf(input: AwsInput, name: string): Buffer {
  const bytes = Buffer.from(String(input[name] ?? ''), 'base64');
  if (bytes.length > 0) return bytes;
  throw new AwsError('ValidationException', `${name} must have at least one byte.`);
}
