import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Plugin } from 'esbuild';

/** A text that is made when the functions are bundled, and how the code that asks for it gets it. */
export interface PackedText {
  /** The module that makes the text; in a bundle it has other lines, which read it. */
  readonly module: RegExp;
  /** The function that serves it, and the file beside its code. */
  readonly servedBy: string;
  readonly file: string;
  readonly text: () => string;
  /** What the module exports in a bundle; `read()` is the text. */
  readonly exported: () => string;
}

/**
 * Puts a finished text into a file beside the code of the function that serves it, and in place of
 * all that it is made of a few lines that read the file when somebody asks. Same source, same bytes.
 */
export function packedText({ module, servedBy, file, text, exported }: PackedText): Plugin {
  return {
    name: `packed-${file}`,
    setup(build) {
      build.onLoad({ filter: module }, () => ({
        contents: `${readerOf(file)}\n${exported()}`,
        loader: 'js',
      }));
      build.onEnd(async () => {
        const folder = join(build.initialOptions.outdir ?? '', servedBy);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, file), packed(text()));
      });
    },
  };
}

function readerOf(file: string): string {
  return `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
function read() {
  return brotliDecompressSync(readFileSync(join(__dirname, '${file}'))).toString();
}`;
}

function packed(text: string): Buffer {
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
    },
  });
}
