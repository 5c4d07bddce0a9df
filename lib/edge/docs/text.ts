import { createHash } from 'node:crypto';
import { STATUS_OF } from '../../domain/errors.ts';
import { openApiDocument } from '../openapi/document.ts';
import { TITLES } from '../problem.ts';
import { docsPage } from './page.ts';
import { STYLE } from './style.ts';

/** A page, and what its policy has to allow of it. */
export interface PageText {
  readonly html: string;
  /** The hash of its one style, as a policy names it. */
  readonly style: string;
}

/**
 * The contract as a page, as it is sent. A bundle has other lines here, those of
 * `scripts/openapi.ts`: they read the finished page from a file in place of all that makes it.
 */
export function docsText(): PageText {
  const errors = Object.entries(TITLES).map(([code, title]) => ({
    ...{ code, title },
    status: STATUS_OF[code as keyof typeof STATUS_OF],
  }));
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return { html: docsPage(openApiDocument(), errors), style: `'sha256-${hash}'` };
}
