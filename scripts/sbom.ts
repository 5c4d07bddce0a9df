import { createHash } from 'node:crypto';
import type { BundledPackage, Contents } from './bundled-packages.ts';

export interface Described {
  readonly name: string;
  readonly version: string;
}

/** SHA-256 of each function's bundle in hex, by the function's name. */
export type Checksums = Readonly<Record<string, string>>;

export interface SbomProps {
  readonly product: Described;
  readonly bundler: Described;
  readonly checksums: Checksums;
}

/**
 * The software bill of materials of all bundles in CycloneDX 1.6: every function with its checksum
 * depends on everything that is inside its bundle. Equal bundles have an equal bill: it holds no
 * time, and its serial number is made from what it says.
 */
export function sbomOf(contents: Contents, props: SbomProps) {
  const { product, bundler, checksums } = props;
  const refs = new Map(contents.packages.map((found) => [found.folder, purlOf(found)]));
  const refsOf = (folders: readonly string[]) =>
    folders.map((folder) => refs.get(folder) ?? '').sort();
  const bill = {
    metadata: {
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', ...bundler }] },
      component: { type: 'application', 'bom-ref': product.name, ...product },
    },
    components: [
      ...contents.functions.map(({ name }) => ({
        type: 'application',
        'bom-ref': functionRef(name),
        name: `${product.name}-${name}`,
        version: product.version,
        hashes: [{ alg: 'SHA-256', content: checksumOf(checksums, name) }],
      })),
      ...contents.packages.map(componentOf),
    ],
    dependencies: [
      { ref: product.name, dependsOn: contents.functions.map(({ name }) => functionRef(name)) },
      ...contents.functions.map(({ name, packages }) => ({
        ref: functionRef(name),
        dependsOn: refsOf(packages),
      })),
      ...contents.packages.map((found) => ({
        ref: purlOf(found),
        dependsOn: refsOf(found.imports),
      })),
    ],
    compositions: [
      {
        aggregate: 'complete',
        dependencies: contents.functions.map(({ name }) => functionRef(name)),
      },
    ],
  };
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialOf(bill) };
  return { ...head, version: 1, ...bill };
}

function componentOf(found: BundledPackage) {
  const [group, name = ''] = found.name.startsWith('@') ? found.name.split('/') : ['', found.name];
  return {
    type: 'library',
    'bom-ref': purlOf(found),
    ...(group === '' ? {} : { group }),
    name,
    version: found.version,
    hashes: [hashOf(found.integrity)],
    licenses: [licenseOf(found.license)],
    purl: purlOf(found),
  };
}

/** The package URL; the `@` of a scope is written `%40`. */
function purlOf({ name, version }: BundledPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** The registry's checksum of the package's archive: SHA-512 in base64, here in hex. */
function hashOf(integrity: string) {
  const [, base64] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`An integrity that is not one SHA-512: ${integrity}`);
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') };
}

function licenseOf(license: string) {
  return /[ ()]/.test(license) ? { expression: license } : { license: { id: license } };
}

function functionRef(name: string): string {
  return `function:${name}`;
}

function checksumOf(checksums: Checksums, name: string): string {
  const checksum = checksums[name];
  if (checksum === undefined) throw new Error(`The bundle of ${name} has no checksum`);
  return checksum;
}

/** A UUID of version 8, the one for numbers of one's own making (RFC 9562). */
function serialOf(bill: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(bill)).digest('hex');
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${groups.join('-')}`;
}
