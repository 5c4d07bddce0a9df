import { fingerprint } from '../domain/ids.ts';
import { readQuery } from './query.ts';
import type { Reply } from './reply.ts';
import type { HttpRequest } from './request.ts';

/** It changes with a deployment; a client that asks again sends what it knows. */
const CACHE = 'public, max-age=300';

export interface KeptText {
  readonly text: string;
  /** Of an answer that has it; `content-type` at least. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers with a text that is made when it is first asked for and then kept; 304 to who has it. */
export function keptText(make: () => KeptText): (request: HttpRequest) => Reply {
  let made: (KeptText & { readonly etag: string }) | undefined;
  return (request) => {
    readQuery(request, []);
    made ??= tagged(make());
    const { text, etag } = made;
    // Caches take the headers of a 304 over those they stored: the page's policy must be there too.
    const { 'content-type': _, ...ofBoth } = made.headers;
    const kept = { ...ofBoth, etag, 'cache-control': CACHE };
    const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim()) ?? [];
    if (known.includes(etag) || known.includes('*')) return { statusCode: 304, headers: kept };
    return { statusCode: 200, headers: { ...kept, ...made.headers }, text };
  };
}

function tagged(kept: KeptText) {
  // Weak: the bytes on the wire may be compressed.
  return { ...kept, etag: `W/"${fingerprint(kept.text)}"` };
}
