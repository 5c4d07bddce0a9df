import { openApiDocument } from './document.ts';

/**
 * The document as it is sent. A bundle has other lines here, those of `scripts/openapi.ts`: they read
 * the finished text from a file in place of all that it is made of.
 */
export function documentText(): string {
  return JSON.stringify(openApiDocument());
}
