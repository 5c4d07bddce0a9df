import { docsText } from '../lib/edge/docs/text.ts';
import { openApiDocument } from '../lib/edge/openapi/document.ts';
import { packedText } from './packed-text.ts';

/** The contract, for programs and for people: nothing of what makes it is in a bundle. */

export const packedOpenApi = packedText({
  module: /[\\/]lib[\\/]edge[\\/]openapi[\\/]text\.ts$/,
  servedBy: 'api',
  file: 'openapi.json.br',
  text: () => JSON.stringify(openApiDocument()),
  exported: () => 'export const documentText = read;',
});

export const packedDocs = packedText({
  module: /[\\/]lib[\\/]edge[\\/]docs[\\/]text\.ts$/,
  servedBy: 'api',
  file: 'docs.html.br',
  text: () => docsText().html,
  exported: () => {
    const style = JSON.stringify(docsText().style);
    return `export const docsText = () => ({ html: read(), style: ${style} });`;
  },
});
