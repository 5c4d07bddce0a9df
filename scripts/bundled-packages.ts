import type { Metafile } from 'esbuild';

/** What the lock file says of one installed package. */
export interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
  readonly license: string;
}

export interface BundledPackage extends LockedPackage {
  readonly name: string;
  /** Relative to the project, `node_modules/…`; two versions of one name have two folders. */
  readonly folder: string;
  /** Folders of the bundled packages that it imports, in order. */
  readonly imports: readonly string[];
}

export interface BundledFunction {
  /** The file's name in `functions/`, without its ending. */
  readonly name: string;
  /** Folders of all packages of which at least one byte is in the bundle, in order. */
  readonly packages: readonly string[];
}

export interface Contents {
  readonly functions: readonly BundledFunction[];
  readonly packages: readonly BundledPackage[];
}

type Inputs = Metafile['inputs'];

/** What is inside the bundles, from the bundler's own account and the lock file; always sorted. */
export function contentsOf(
  metafile: Metafile,
  locked: Readonly<Record<string, Partial<LockedPackage>>>,
): Contents {
  const functions = Object.values(metafile.outputs)
    .map(({ entryPoint = '', inputs }) => ({
      name: entryPoint.replace(/^functions\/(.*)\.ts$/, '$1'),
      packages: foldersOf(filesWithin(inputs)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const folders = [...new Set(functions.flatMap(({ packages }) => packages))].sort();
  const imports = importsByFolder(metafile.inputs);
  return {
    functions,
    packages: folders.map((folder) => ({
      ...lockedPackage(folder, locked[folder]),
      imports: [...(imports.get(folder) ?? [])].filter((other) => folders.includes(other)).sort(),
    })),
  };
}

/** `node_modules/a/node_modules/@b/c/d.js` is a file of `node_modules/a/node_modules/@b/c`. */
export function folderOf(file: string): string | undefined {
  return /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

/** A module of which tree shaking leaves nothing is not inside. */
function filesWithin(inputs: Metafile['outputs'][string]['inputs']): readonly string[] {
  return Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file);
}

function foldersOf(files: readonly string[]): readonly string[] {
  const folders = files.map(folderOf).filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort();
}

function importsByFolder(inputs: Inputs): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [file, { imports }] of Object.entries(inputs)) {
    const from = folderOf(file);
    if (from === undefined) continue;
    const targets = found.get(from) ?? new Set();
    for (const { path } of imports) {
      const to = folderOf(path);
      if (to !== undefined && to !== from) targets.add(to);
    }
    found.set(from, targets);
  }
  return found;
}

/** Whatever is bundled has a version, a checksum and a license; without one the build fails. */
function lockedPackage(folder: string, locked: Partial<LockedPackage> | undefined) {
  const { version, integrity, license } = locked ?? {};
  if (version === undefined || integrity === undefined || license === undefined) {
    throw new Error(`${folder} is bundled, but the lock file lacks version, integrity or license`);
  }
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return { name, folder, version, integrity, license };
}
