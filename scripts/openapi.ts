import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { openApiDocument } from '../lib/edge/openapi/document.ts';

/** The function that serves it, and the file beside its code. */
const SERVED_BY = 'api';
const FILE = 'openapi.json.br';

/**
 * Puts the finished OpenAPI document into a file beside the code of the function that serves it, and
 * in place of all that it is made of a few lines that read the file when somebody asks. Same source,
 * same bytes.
 */
export const packedOpenApi: Plugin = {
  name: 'packed-openapi',
  setup(build) {
    build.onLoad({ filter: /[\\/]lib[\\/]edge[\\/]openapi[\\/]text\.ts$/ }, () => ({
      contents: READER,
      loader: 'js',
    }));
    build.onEnd(async () => {
      const folder = join(build.initialOptions.outdir ?? '', SERVED_BY);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, FILE), packed(JSON.stringify(openApiDocument())));
    });
  },
};

const READER = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
export function documentText() {
  return brotliDecompressSync(readFileSync(join(__dirname, '${FILE}'))).toString();
}`;

function packed(text: string): Buffer {
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
    },
  });
}
