import { registerHooks } from 'node:module';
import { defectNamed } from './all.ts';
import { DEFECT, planted } from './defect.ts';

/**
 * Loaded before anything else (`--import`), puts the defect that the environment names into its
 * file, in memory alone. Without a name everything is loaded as it is.
 */

const ROOT = new URL('../../../', import.meta.url);

const name = process.env[DEFECT];
if (name !== undefined && name !== '') {
  const defect = defectNamed(name);
  const { href } = new URL(defect.file, ROOT);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== href) return loaded;
      const text = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      return { ...loaded, source: planted(text, defect) };
    },
  });
}
