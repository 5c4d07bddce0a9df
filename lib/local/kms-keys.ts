import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readJsonFile, writePrivateJson } from './private-file.ts';

/** `data`: makes and opens data keys, and leaves nothing else. `signing`: ECDSA on P-256. */
export type KeyKind = 'data' | 'signing';

export interface KeySpec {
  readonly arn: string;
  readonly kind: KeyKind;
}

/** What a template says of a key; undefined where the stand-in has none of that kind. */
export function parseKeyKind(
  keySpec: unknown = 'SYMMETRIC_DEFAULT',
  keyUsage: unknown = 'ENCRYPT_DECRYPT',
): KeyKind | undefined {
  if (keySpec === 'SYMMETRIC_DEFAULT' && keyUsage === 'ENCRYPT_DECRYPT') return 'data';
  return keySpec === 'ECC_NIST_P256' && keyUsage === 'SIGN_VERIFY' ? 'signing' : undefined;
}

export type KeyMaterial =
  | { readonly kind: 'data'; readonly secret: Buffer }
  | { readonly kind: 'signing'; readonly key: KeyObject; readonly madeAtMs: number };

const KEY_BYTES = 32;

/** The keys by ARN, as the file has them; those that it has not are made, and stay. */
export async function keptKeys(
  file: string,
  specs: readonly KeySpec[],
): Promise<ReadonlyMap<string, KeyMaterial>> {
  const stored = (await readJsonFile<Record<string, string>>(file)) ?? {};
  const all = specs.map(({ arn, kind }) => [arn, kind, stored[arn] ?? newText(kind)] as const);
  const texts = Object.fromEntries(all.map(([arn, , text]) => [arn, text]));
  await writePrivateJson(file, { ...stored, ...texts });
  return new Map(all.map(([arn, kind, text]) => [arn, materialOf(kind, text)]));
}

/** Base64; of a key that signs when it was made, and its PKCS #8. */
function newText(kind: KeyKind): string {
  if (kind === 'data') return randomBytes(KEY_BYTES).toString('base64');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return `${new Date().toISOString()} ${der.toString('base64')}`;
}

function materialOf(kind: KeyKind, text: string): KeyMaterial {
  if (kind === 'data') return { kind, secret: Buffer.from(text, 'base64') };
  const [madeAt = '', der = ''] = text.split(' ');
  const key = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' });
  return { kind, key, madeAtMs: Date.parse(madeAt) };
}
