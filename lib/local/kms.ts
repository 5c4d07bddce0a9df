import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError, type AwsInput, type AwsServer, serveAwsJson } from './aws-json.ts';
import { type KeyMaterial, type KeySpec, keptKeys } from './kms-keys.ts';
import { SIGNING_OPERATIONS } from './kms-signing.ts';
import { keyStates } from './kms-states.ts';

/**
 * KMS on loopback, as much of it as data keys and signatures take; key material in one file of its
 * owner's.
 */

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES_MAX = 255;
const CONTEXT_CHARS_MAX = 8_192;
const CIPHERTEXT_BYTES_MAX = 6_144;
const ALGORITHM = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES };

/** The keys of the stack. One that the file already has keeps its material. */
export async function serveKms(file: string, specs: readonly KeySpec[]): Promise<AwsServer> {
  const operations = operationsOf(await keptKeys(file, specs));
  return serveAwsJson({
    target: 'TrentService',
    version: '1.1',
    errorPrefix: '',
    operation: (name) => operations[name],
  });
}

type Operations = Readonly<Record<string, (input: AwsInput) => object>>;

interface Known {
  readonly arn: string;
  readonly material: KeyMaterial;
}

function operationsOf(keys: ReadonlyMap<string, KeyMaterial>): Operations {
  const keyOf = ({ KeyId }: AwsInput): Known => {
    for (const [arn, material] of keys) {
      if (arn === KeyId || arn.endsWith(`key/${String(KeyId)}`)) return { arn, material };
    }
    throw new AwsError('NotFoundException', `Key '${String(KeyId)}' does not exist`);
  };
  const states = keyStates((input) => keyOf(input).arn);
  const usable = (input: AwsInput): Known => {
    const known = keyOf(input);
    states.requireUsable(known.arn);
    return known;
  };
  const signing = Object.entries(SIGNING_OPERATIONS).map(([name, operation]) => [
    name,
    (input: AwsInput) => {
      const { arn, material } = name === 'DescribeKey' ? keyOf(input) : usable(input);
      if (material.kind === 'signing') return operation(arn, material, input);
      const code = UNSUPPORTED[name] ?? 'InvalidKeyUsageException';
      throw new AwsError(code, `${arn} key usage is ENCRYPT_DECRYPT`);
    },
  ]);
  const isKnown = (arn: string) => keys.has(arn);
  return {
    ...states.operations,
    ...dataKeyOperations(usable, isKnown),
    ...(Object.fromEntries(signing) as Operations),
  };
}

function dataKeyOperations(
  usable: (input: AwsInput) => Known,
  isKnown: (arn: string) => boolean,
): Operations {
  const dataKey = (input: AwsInput) => {
    const { arn, material } = usable(input);
    if (material.kind === 'data') return { arn, secret: material.secret };
    throw new AwsError('InvalidKeyUsageException', `${arn} key usage is SIGN_VERIFY`);
  };
  return {
    GenerateDataKey(input) {
      if (input.KeySpec !== 'AES_256') {
        throw new AwsError('ValidationException', 'The local run makes AES_256 data keys alone.');
      }
      const { arn, secret } = dataKey(input);
      const plain = randomBytes(KEY_BYTES);
      const blob = wrapped(arn, secret, plain, contextOf(input));
      return {
        KeyId: arn,
        Plaintext: plain.toString('base64'),
        CiphertextBlob: blob.toString('base64'),
      };
    },
    Decrypt(input) {
      const { arn, sealed } = readBlob(ciphertextOf(input));
      if (!isKnown(arn)) throw new AwsError('InvalidCiphertextException', '');
      if (input.KeyId !== undefined && dataKey(input).arn !== arn) {
        throw new AwsError('IncorrectKeyException', 'The ciphertext is of another key.');
      }
      const plain = unwrapped(dataKey({ KeyId: arn }).secret, sealed, contextOf(input));
      return {
        KeyId: arn,
        Plaintext: plain.toString('base64'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
  };
}

/** What KMS says of a key that does no such thing, where it does not speak of its usage. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  GetPublicKey: 'UnsupportedOperationException',
};

function ciphertextOf({ CiphertextBlob: given = '' }: AwsInput): Buffer {
  const blob = Buffer.from(String(given), 'base64');
  if (blob.length > 0 && blob.length <= CIPHERTEXT_BYTES_MAX) return blob;
  const range = `1 to ${CIPHERTEXT_BYTES_MAX}`;
  throw new AwsError('ValidationException', `The ciphertext must have ${range} bytes.`);
}

/** The same pairs in any order are the same context. */
function contextOf({ EncryptionContext: given = {} }: AwsInput): Buffer {
  const entries = Object.entries(given as Record<string, string>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const text = JSON.stringify(entries);
  if (text.length > CONTEXT_CHARS_MAX) {
    throw new AwsError('ValidationException', 'The encryption context is too long.');
  }
  return Buffer.from(text);
}

function wrapped(arn: string, material: Buffer, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, material, nonce, OPTIONS);
  cipher.setAAD(context);
  const content = Buffer.concat([cipher.update(plain), cipher.final()]);
  const id = Buffer.from(arn);
  if (id.length > ID_BYTES_MAX) throw new Error(`${arn} is too long for a key`);
  return Buffer.concat([Buffer.of(id.length), id, nonce, cipher.getAuthTag(), content]);
}

function readBlob(blob: Buffer): { readonly arn: string; readonly sealed: Buffer } {
  const idEnd = 1 + (blob[0] ?? 0);
  return { arn: blob.subarray(1, idEnd).toString(), sealed: blob.subarray(idEnd) };
}

function unwrapped(material: Buffer, sealed: Buffer, context: Buffer): Buffer {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, material, nonce, OPTIONS);
    decipher.setAAD(context);
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const content = sealed.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    // Whatever is wrong with it, KMS says no more than this.
    throw new AwsError('InvalidCiphertextException', '');
  }
}
