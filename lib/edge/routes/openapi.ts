import { pagePolicy } from '../content-security.ts';
import { docsText } from '../docs/text.ts';
import { keptText } from '../kept-text.ts';
import { documentText } from '../openapi/text.ts';
import type { Route } from '../route.ts';

/** The contract itself, for programs and for people. */
export function openApiRoutes() {
  const document = keptText(() => ({
    text: documentText(),
    headers: { 'content-type': 'application/json; charset=utf-8' },
  }));
  const page = keptText(() => {
    const { html, style } = docsText();
    return { text: html, headers: pageHeaders(style) };
  });
  return {
    'GET /openapi.json': { scope: null, answer: document },
    'GET /docs': { scope: null, answer: page },
    'HEAD /docs': { scope: null, answer: page },
  } as const satisfies Record<string, Route>;
}

/** No script, no other origin, no window that another page holds. */
function pageHeaders(style: string) {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy(`style-src ${style}`),
    'cross-origin-opener-policy': 'same-origin',
  };
}
