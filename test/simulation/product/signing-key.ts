import { createPrivateKey, createPublicKey } from 'node:crypto';
import { signedHash } from '../../../lib/local/ecdsa.ts';

/** The key of RFC 6979's examples, A.2.5: the same in every run, so that a run can be had again. */
const hex = (text: string) => Buffer.from(text, 'hex').toString('base64url');
export const SIGNING_KEY = createPrivateKey({
  format: 'jwk',
  key: {
    ...{ kty: 'EC', crv: 'P-256' },
    d: hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721'),
    x: hex('60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'),
    y: hex('7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299'),
  },
});

const HASH_BYTES = 32;

function refused(name: string): Error {
  return Object.assign(new Error('The model signs digests of SHA-256 alone.'), { name });
}

/** What is asked of a key that signs. */
export interface SigningAsked {
  readonly Message?: Uint8Array;
  readonly MessageType?: string;
  readonly SigningAlgorithm?: string;
}

/** What KMS answers for a key that signs; undefined: that is asked of keys of another kind. */
export function signingAnswer(what: string, asked: SigningAsked, madeAtMs: number) {
  switch (what) {
    case 'Sign': {
      const { Message, MessageType, SigningAlgorithm } = asked;
      if (SigningAlgorithm !== 'ECDSA_SHA_256') throw refused('InvalidKeyUsageException');
      if (MessageType !== 'DIGEST' || Message?.length !== HASH_BYTES) {
        throw refused('ValidationException');
      }
      return { Signature: new Uint8Array(signedHash(Message, SIGNING_KEY)) };
    }
    case 'GetPublicKey': {
      const spki = createPublicKey(SIGNING_KEY).export({ format: 'der', type: 'spki' });
      return { PublicKey: new Uint8Array(spki) };
    }
    case 'DescribeKey':
      return { KeyMetadata: { CreationDate: new Date(madeAtMs) } };
    default:
      return undefined;
  }
}
