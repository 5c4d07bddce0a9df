import { fingerprint } from '../../domain/ids.ts';
import { documentText } from '../openapi/text.ts';
import { readQuery } from '../query.ts';
import type { Reply } from '../reply.ts';
import type { HttpRequest } from '../request.ts';
import type { Route } from '../route.ts';

/** It changes with a deployment; a client that asks again sends what it knows. */
const CACHE = 'public, max-age=300';

/** The contract itself; made when it is first asked for, and then kept. */
export function openApiRoutes() {
  let made: Made | undefined;
  return {
    'GET /openapi.json': {
      scope: null,
      answer: (request) => {
        readQuery(request, []);
        made ??= make();
        return answer(request, made);
      },
    },
  } as const satisfies Record<string, Route>;
}

interface Made {
  readonly text: string;
  readonly etag: string;
}

function make(): Made {
  const text = documentText();
  // Weak: the bytes on the wire may be compressed.
  return { text, etag: `W/"${fingerprint(text)}"` };
}

function answer(request: HttpRequest, { text, etag }: Made): Reply {
  const headers = { etag, 'cache-control': CACHE };
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim()) ?? [];
  if (known.includes(etag) || known.includes('*')) return { statusCode: 304, headers };
  return {
    statusCode: 200,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    text,
  };
}
