import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError, type AwsInput, type AwsServer, serveAwsJson } from './aws-json.ts';
import { readJsonFile, writePrivateJson } from './private-file.ts';

/** KMS on loopback, as much of it as data keys take; key material in one file of its owner's. */

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES_MAX = 255;
const CONTEXT_CHARS_MAX = 8_192;
const ALGORITHM = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES };

/** The keys of the stack by ARN. One that the file already has keeps its material. */
export async function serveKms(file: string, keyArns: readonly string[]): Promise<AwsServer> {
  const stored = (await readJsonFile<Record<string, string>>(file)) ?? {};
  const made = keyArns.map((arn) => [
    arn,
    stored[arn] ?? randomBytes(KEY_BYTES).toString('base64'),
  ]);
  const materials: Record<string, string> = { ...stored, ...Object.fromEntries(made) };
  await writePrivateJson(file, materials);

  const materialOf = (arn: string): Buffer => {
    const material = materials[arn];
    if (material !== undefined) return Buffer.from(material, 'base64');
    throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
  };
  const keyOf = ({ KeyId }: AwsInput): string => {
    const named = keyArns.find((arn) => arn === KeyId || arn.endsWith(`key/${String(KeyId)}`));
    if (named !== undefined) return named;
    throw new AwsError('NotFoundException', `Key '${String(KeyId)}' does not exist`);
  };
  const operations: Readonly<Record<string, (input: AwsInput) => object>> = {
    GenerateDataKey(input) {
      if (input.KeySpec !== 'AES_256') {
        throw new AwsError('ValidationException', 'The local run makes AES_256 data keys alone.');
      }
      const arn = keyOf(input);
      const plain = randomBytes(KEY_BYTES);
      const blob = wrapped(arn, materialOf(arn), plain, contextOf(input));
      return {
        KeyId: arn,
        Plaintext: plain.toString('base64'),
        CiphertextBlob: blob.toString('base64'),
      };
    },
    Decrypt(input) {
      const { arn, sealed } = readBlob(Buffer.from(String(input.CiphertextBlob), 'base64'));
      if (input.KeyId !== undefined && keyOf(input) !== arn) {
        throw new AwsError('IncorrectKeyException', 'The ciphertext is of another key.');
      }
      const plain = unwrapped(materialOf(arn), sealed, contextOf(input));
      return {
        KeyId: arn,
        Plaintext: plain.toString('base64'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
  };
  return serveAwsJson({
    target: 'TrentService',
    version: '1.1',
    errorPrefix: '',
    operation: (name) => operations[name],
  });
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
