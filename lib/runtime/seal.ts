import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from '../app/ports.ts';
import { compressed, inflated } from './gzip.ts';

/** Prepares an answer for being kept a while, and reads it back. */
export interface Sealer {
  /** `context` is not in the sealed text, but opening needs the same. */
  seal(plain: string, context: string): Promise<string>;
  open(sealed: string, context: string): Promise<string>;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PLAIN_BYTES_MAX = 6_291_456;

/** A key of its own for each purpose, all from the deployment's one pepper (HKDF-SHA-256). */
export function derivedKey(
  pepper: () => Promise<string>,
  purpose: 'cursors' | 'kept-answers',
): () => Promise<Uint8Array> {
  return async () =>
    new Uint8Array(hkdfSync('sha256', await pepper(), '', `breakwater ${purpose} 1`, KEY_BYTES));
}

/** AES-256-GCM: opening throws when the text or the context was changed. Compressed before. */
export function sealer(key: () => Promise<Uint8Array>, random: Pick<Random, 'bytes'>): Sealer {
  const options = { authTagLength: TAG_BYTES };
  return {
    async seal(plain, context) {
      const nonce = random.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', await key(), nonce, options);
      cipher.setAAD(Buffer.from(context));
      const content = Buffer.concat([cipher.update(compressed(plain)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64');
    },
    async open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', await key(), nonce, options);
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const content = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      const plain = Buffer.concat([decipher.update(content), decipher.final()]);
      return inflated(plain, PLAIN_BYTES_MAX);
    },
  };
}

/**
 * Only compresses, for functions whose answers hold no secret: the one that publishes then needs
 * neither the pepper nor the right to read it.
 */
export const packer: Sealer = {
  seal: async (plain) => compressed(plain).toString('base64'),
  open: async (sealed) => inflated(Buffer.from(sealed, 'base64'), PLAIN_BYTES_MAX),
};
