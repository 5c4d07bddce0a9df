import { createCipheriv, createDecipheriv } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Clock, Random } from '../../app/ports.ts';
import { type Sealed, type SecretValues, type Visited, withheld } from '../../domain/sealed.ts';
import { freshReads } from '../dynamodb/fresh.ts';

/** Whose secrets they are: KMS opens their data key for the same alone, and writes it in its log. */
export interface Owner {
  readonly tenant: string;
  readonly kind: 'integration' | 'source';
  readonly id: string;
}

export interface Opener {
  /** Throws `KmsUnavailable` as long as KMS does not answer. */
  open(owner: Owner, sealed: Sealed): Promise<SecretValues>;
}

export interface Vault extends Opener {
  /** Under a data key of its own, which no other write has. */
  seal(owner: Owner, secrets: SecretValues): Promise<Sealed>;
  /** The resource as it may be stored; one that has no secrets as it is. */
  withSealed<T>(owner: Owner, resource: T, visited: Visited<T>): Promise<T>;
}

/** KMS did not do what was asked now; whoever waits may ask again. */
export class KmsUnavailable extends Error {
  override readonly name = 'KmsUnavailable';
}

export interface VaultOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
}

/** For so long a data key is known in the memory of a function instance. */
export const DATA_KEY_FRESH_MS = 300_000;
const DATA_KEYS_MAX = 1_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES };
/** What KMS says of a data key that is not this owner's, or that somebody has changed. */
const TAMPERED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

export function kmsClient(): KMSClient {
  return new KMSClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
  });
}

/** Opens what a vault under the same key has sealed; many who ask for one data key share a request. */
export function kmsOpener(
  kms: KMSClient,
  keyId: string,
  { clock }: Pick<VaultOptions, 'clock'>,
): Opener {
  const limits = { freshMs: DATA_KEY_FRESH_MS, entriesMax: DATA_KEYS_MAX };
  const dataKey = freshReads(
    async (asked) => {
      const [key, context] = JSON.parse(asked) as [string, Record<string, string>];
      const { Plaintext } = await askKms(() =>
        kms.send(
          new DecryptCommand({
            KeyId: keyId,
            CiphertextBlob: Buffer.from(key, 'base64'),
            EncryptionContext: context,
          }),
        ),
      );
      return whole(Plaintext);
    },
    limits,
    clock,
  );
  return {
    async open(owner, { key, values }) {
      const plain = await dataKey(JSON.stringify([key, contextOf(owner)]));
      return mapped(values, (field, value) => {
        const bytes = Buffer.from(value, 'base64');
        const nonce = bytes.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv(ALGORITHM, plain, nonce, OPTIONS);
        decipher.setAAD(bindingOf(owner, field));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const content = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
      });
    },
  };
}

/** Seals and opens. A value opens for its own owner and field alone, wherever it is copied to. */
export function kmsVault(kms: KMSClient, keyId: string, options: VaultOptions): Vault {
  const vault: Vault = {
    ...kmsOpener(kms, keyId, options),
    async withSealed(owner, resource, visited) {
      const parts = withheld(resource, visited);
      if (parts === undefined) return resource;
      return { ...parts.rest, sealed: await vault.seal(owner, parts.secrets) };
    },
    async seal(owner, secrets) {
      const { Plaintext, CiphertextBlob } = await askKms(() =>
        kms.send(
          new GenerateDataKeyCommand({
            KeyId: keyId,
            KeySpec: 'AES_256',
            EncryptionContext: contextOf(owner),
          }),
        ),
      );
      const plain = whole(Plaintext);
      const values = mapped(secrets, (field, value) => {
        const nonce = options.random.bytes(NONCE_BYTES);
        const cipher = createCipheriv(ALGORITHM, plain, nonce, OPTIONS);
        cipher.setAAD(bindingOf(owner, field));
        const content = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
        return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64');
      });
      plain.fill(0);
      return { key: Buffer.from(whole(CiphertextBlob)).toString('base64'), values };
    },
  };
  return vault;
}

function contextOf({ tenant, kind, id }: Owner): Record<string, string> {
  return { tenant, kind, resource: id };
}

/** In the names of fields that are values of headers. */
const HEADER_FIELD = /(^|\.)headers\./;

function bindingOf({ tenant, kind, id }: Owner, field: string): Buffer {
  // Code from before headers were sealed would open the rest, and send and store these as empty:
  // it cannot open a resource that has one.
  const version = HEADER_FIELD.test(field) ? 2 : 1;
  return Buffer.from(JSON.stringify([version, tenant, kind, id, field]));
}

function mapped(
  values: Readonly<Record<string, string>>,
  change: (field: string, value: string) => string,
): Record<string, string> {
  const entries = Object.entries(values).map(([field, value]) => [field, change(field, value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The SDK types every field of an answer as one that may be missing. */
function whole(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error('KMS answered without a key.');
  return bytes;
}

async function askKms<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof Error && TAMPERED.has(error.name)) throw error;
    throw new KmsUnavailable('KMS does not open or make data keys now.', { cause: error });
  }
}
