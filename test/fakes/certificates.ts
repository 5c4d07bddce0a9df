/** Certificates for tests, written as DER by hand: Node signs, but issues none. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** A certification authority that only tests trust, made anew in each run. */
export interface TestAuthority {
  /** PEM, for the sender's `ca`. */
  readonly ca: string;
  issue(names: readonly string[], validity?: Validity): Identity;
}

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;

export function testAuthority(): TestAuthority {
  const authority = keyPair();
  const now = Date.now();
  const always = { fromMs: now - DAY_MS, untilMs: now + DAY_MS };
  const name = 'Breakwater test authority';
  const sealed = (subject: string, keys: Keys, names: readonly string[], validity: Validity) =>
    certificate({ subject, issuer: name, keys, signer: authority.privateKey, names, validity });

  return {
    ca: sealed(name, authority, [], always),
    issue(names, validity = always) {
      const keys = keyPair();
      return { key: keys.pem, cert: sealed(names[0] ?? 'nobody', keys, names, validity) };
    },
  };
}

/** Signed by its own key: no authority stands behind it. */
export function selfSigned(names: readonly string[]): Identity {
  const keys = keyPair();
  const now = Date.now();
  const subject = names[0] ?? 'nobody';
  const validity = { fromMs: now - DAY_MS, untilMs: now + DAY_MS };
  const signer = keys.privateKey;
  const cert = certificate({ subject, issuer: subject, keys, signer, names, validity });
  return { key: keys.pem, cert };
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicDer: Buffer;
  readonly pem: string;
}

function keyPair(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    publicDer: publicKey.export({ type: 'spki', format: 'der' }),
    pem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: Keys;
  readonly signer: KeyObject;
  /** DNS names and IPv4 addresses; none makes it the certificate of an authority. */
  readonly names: readonly string[];
  readonly validity: Validity;
}

let serial = 1;

function certificate({ subject, issuer, keys, signer, names, validity }: Contents): string {
  serial++;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // Version 3.
    der(0x02, Buffer.from([0x01, serial >> 8, serial & 0xff])),
    ECDSA_SHA256,
    commonName(issuer),
    sequence(time(validity.fromMs), time(validity.untilMs)),
    commonName(subject),
    keys.publicDer,
    der(0xa3, sequence(names.length === 0 ? AUTHORITY : alternativeNames(names))),
  );
  const signature = sign('sha256', toBeSigned, signer);
  const whole = sequence(toBeSigned, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replace(/.{64}(?!$)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const ECDSA_SHA256 = sequence(objectId('2a8648ce3d040302'));
const AUTHORITY = sequence(
  objectId('551d13'), // Basic constraints: an authority; critical.
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    /^[\d.]+$/.test(name)
      ? der(0x87, Buffer.from(name.split('.').map(Number)))
      : der(0x82, Buffer.from(name)),
  );
  return sequence(objectId('551d11'), der(0x04, sequence(...entries)));
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name)))));
}

/** UTCTime: two digits of year, good until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const length =
    value.length < 0x80
      ? [value.length]
      : value.length < 0x100
        ? [0x81, value.length]
        : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}
