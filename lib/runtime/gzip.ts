import { gunzipSync, gzipSync } from 'node:zlib';

export function compressed(content: string | Uint8Array): Buffer {
  return gzipSync(content);
}

/** Refuses to inflate beyond `bytesMax`. */
export function inflated(content: Uint8Array, bytesMax: number): string {
  return gunzipSync(content, { maxOutputLength: bytesMax }).toString();
}
