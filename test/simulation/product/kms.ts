import { createHash } from 'node:crypto';
import { MARK } from './canary.ts';
import { type SigningAsked, signingAnswer } from './signing-key.ts';

/** A request as the SDK's commands have it. */
export interface KmsAsked extends SigningAsked {
  readonly KeyId?: string;
  readonly KeySpec?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
  readonly CiphertextBlob?: Uint8Array;
}

export interface KmsOptions {
  /** Keys by their ids, as whoever asks names them. */
  readonly keys: Readonly<Record<string, 'data' | 'signing'>>;
  readonly madeAtMs: number;
}

/** What KMS does with a request that has arrived; throws what it refuses. */
export type ModelKms = (
  operation: string,
  asked: KmsAsked,
  bytes: (count: number) => Uint8Array,
) => object;

const ARN = 'arn:aws:kms:us-east-1:000000000000:key/';
const ID_BYTES = 12;
const TAG_BYTES = 4;
const KEY_BYTES = 32;
const CONTEXT_CHARS_MAX = 8_192;
const CIPHERTEXT_BYTES_MAX = 6_144;

type State = 'Enabled' | 'Disabled' | 'PendingDeletion';

/**
 * KMS, as much of it as data keys take: an encrypted one names its plain one, the key it is under
 * and the context it was made for. Nothing is kept secret by it.
 */
export function modelKms({ keys, madeAtMs }: KmsOptions): ModelKms {
  const states = new Map<string, State>();
  const idOf = (KeyId = '') => {
    const id = KeyId.startsWith(ARN) ? KeyId.slice(ARN.length) : KeyId;
    if (Object.hasOwn(keys, id)) return id;
    throw kmsError('NotFoundException', `Key '${KeyId}' does not exist`);
  };
  const usable = (KeyId: string | undefined, kind: 'data' | 'signing') => {
    const id = idOf(KeyId);
    const state = states.get(id) ?? 'Enabled';
    if (state === 'Disabled') throw kmsError('DisabledException', `${ARN}${id} is disabled.`);
    if (state !== 'Enabled') throw kmsError('KMSInvalidStateException', 'It is to be deleted.');
    if (keys[id] === kind) return id;
    throw kmsError('InvalidKeyUsageException', `${ARN}${id} is of another kind.`);
  };
  const move = (KeyId: string | undefined, to: State) => {
    const id = idOf(KeyId);
    if (states.get(id) === 'PendingDeletion' && to !== 'Disabled') {
      throw kmsError('KMSInvalidStateException', 'It is to be deleted.');
    }
    states.set(id, to);
    return { KeyId: ARN + id };
  };
  return (operation, asked, bytes) => {
    switch (operation) {
      case 'GenerateDataKey': {
        if (asked.KeySpec !== 'AES_256') throw kmsError('ValidationException', 'AES_256 alone.');
        const id = usable(asked.KeyId, 'data');
        return { KeyId: ARN + id, ...made(id, contextOf(asked), bytes(ID_BYTES)) };
      }
      case 'Decrypt':
        return opened(asked, Object.keys(keys), (KeyId) => usable(KeyId, 'data'));
      case 'EnableKey':
        return move(asked.KeyId, 'Enabled');
      case 'DisableKey':
      case 'CancelKeyDeletion':
        return move(asked.KeyId, 'Disabled');
      case 'ScheduleKeyDeletion':
        return move(asked.KeyId, 'PendingDeletion');
      default: {
        if (operation !== 'DescribeKey') usable(asked.KeyId, 'signing');
        const answer = signingAnswer(operation, asked, madeAtMs);
        if (answer === undefined) throw new Error(`The model of KMS has no ${operation}.`);
        return answer;
      }
    }
  };
}

export function kmsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The same pairs in any order are the same context. */
function contextOf({ EncryptionContext = {} }: KmsAsked): string {
  const text = JSON.stringify(Object.entries(EncryptionContext).sort());
  if (text.length > CONTEXT_CHARS_MAX) throw kmsError('ValidationException', 'Too long.');
  return text;
}

function made(key: string, context: string, id: Uint8Array) {
  const blob = Buffer.concat([id, tagOf(key), digest(`${key} ${context}`, id)]);
  return { Plaintext: plainOf(id), CiphertextBlob: blob };
}

function opened(asked: KmsAsked, keys: readonly string[], usable: (KeyId?: string) => string) {
  const blob = Buffer.from(asked.CiphertextBlob ?? []);
  if (blob.length === 0 || blob.length > CIPHERTEXT_BYTES_MAX) {
    throw kmsError('ValidationException', `The ciphertext has ${blob.length} bytes.`);
  }
  const id = blob.subarray(0, ID_BYTES);
  const end = ID_BYTES + TAG_BYTES;
  const key = keys.find((one) => tagOf(one).equals(blob.subarray(ID_BYTES, end)));
  if (key === undefined) throw kmsError('InvalidCiphertextException', '');
  if (asked.KeyId !== undefined && usable(asked.KeyId) !== key) {
    throw kmsError('IncorrectKeyException', 'The ciphertext is of another key.');
  }
  if (!digest(`${usable(key)} ${contextOf(asked)}`, id).equals(blob.subarray(end))) {
    throw kmsError('InvalidCiphertextException', '');
  }
  const EncryptionAlgorithm = 'SYMMETRIC_DEFAULT';
  return { KeyId: ARN + key, Plaintext: plainOf(id), EncryptionAlgorithm };
}

/** A secret like any other: nobody may read it where it does not belong. */
function plainOf(id: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(MARK), digest('plain', id)]).subarray(0, KEY_BYTES);
}

function tagOf(key: string): Buffer {
  return digest(`key ${key}`, Buffer.alloc(0)).subarray(0, TAG_BYTES);
}

function digest(purpose: string, id: Uint8Array): Buffer {
  return createHash('sha256').update(purpose).update(id).digest();
}
