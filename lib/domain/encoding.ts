/** The bytes of padded standard base64; undefined for any spelling an encoder would not make. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The bytes of base64url, with its padding or without; no bit left over. */
export function bytesOfBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const unpadded = bytes.toString('base64url');
  const padding = '='.repeat((4 - (unpadded.length % 4)) % 4);
  return text === unpadded || text === unpadded + padding ? bytes : undefined;
}

/** The bytes of hex in lower case throughout or in upper case throughout, never mixed. */
export function bytesOfHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex');
  const hex = bytes.toString('hex');
  return text === hex || text === hex.toUpperCase() ? bytes : undefined;
}
