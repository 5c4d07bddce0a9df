import { createECDH, createHmac, type KeyObject } from 'node:crypto';

/**
 * ECDSA on P-256 over a SHA-256 that somebody else has made, as KMS signs a `DIGEST`: Node signs
 * whole messages alone. The same hash gets the same signature (RFC 6979). Not in constant time: for
 * keys of the local run and of tests.
 */

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = 32;
const TRIES_MAX = 100;

/** The signature in DER. */
export function signedHash(hash: Uint8Array, key: KeyObject): Buffer {
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  const d = numberOf(secret);
  const z = numberOf(hash) % ORDER;
  for (const nonce of nonces(secret, bytesOf(z))) {
    const k = numberOf(nonce);
    if (k === 0n || k >= ORDER) continue;
    const point = createECDH('prime256v1');
    point.setPrivateKey(nonce);
    const r = numberOf(point.getPublicKey().subarray(1, 1 + BYTES)) % ORDER;
    const s = (inverse(k) * (z + r * d)) % ORDER;
    if (r !== 0n && s !== 0n) return sequence([integer(r), integer(s)]);
  }
  throw new Error(`No signature in ${TRIES_MAX} tries.`);
}

/** RFC 6979, section 3.2. */
function* nonces(secret: Buffer, hash: Buffer): Generator<Buffer> {
  const mac = (k: Buffer, ...parts: readonly Uint8Array[]) =>
    createHmac('sha256', k).update(Buffer.concat(parts)).digest();
  let k: Buffer = Buffer.alloc(BYTES, 0);
  let v: Buffer = Buffer.alloc(BYTES, 1);
  for (const mark of [0, 1]) {
    k = mac(k, v, Buffer.of(mark), secret, hash);
    v = mac(k, v);
  }
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    v = mac(k, v);
    yield v;
    k = mac(k, v, Buffer.of(0));
    v = mac(k, v);
  }
}

/** By Fermat: the order is a prime. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value % ORDER];
  for (let power = ORDER - 2n; power > 0n; power >>= 1n) {
    if (power & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * BYTES, '0'), 'hex');
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}

function sequence(parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}
